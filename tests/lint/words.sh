#!/bin/sh
# lint/words.sh - manual pages and completions say what cdo's own tables say.

set -u
top=${CDO_TOP_SRCDIR:-.}
cdo=${CDO_TOP_BUILDDIR:-.}/cdo
n=0

# promise NAME COMMAND...: kept if the command prints nothing.
promise()
{
	name=$1
	shift
	n=$((n + 1))
	broken=$("$@" 2>&1)
	if [ -z "$broken" ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		printf '%s\n' "$broken" | head -n 30 | sed 's/^/# /'
	fi
}

# promise_if TOOL NAME COMMAND...
promise_if()
{
	tool=$1
	shift
	if command -v "$tool" >/dev/null; then
		promise "$@"
	else
		n=$((n + 1))
		echo "ok $n - $1 # SKIP $tool is not installed"
	fi
}

commands()
{
	"$cdo" help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'
}

manual()
{
	sh "$top/man/generate.sh" "$cdo" "$top/man/cdo.1" |
		diff "$top/man/cdo.1" - ||
		echo '(make generated)'
}

completion()
{
	"$cdo" completion "$1" | diff "$top/completions/$2" - ||
		echo '(make generated)'
}

helpful()
{
	[ "$(commands | wc -l)" -gt 9 ] || echo 'no list of commands'
	for c in $(commands); do
		"$cdo" "$c" --help | grep -q "^usage: cdo $c" ||
			echo "cdo $c --help"
		[ "$("$cdo" "$c" --help)" = "$("$cdo" help "$c")" ] ||
			echo "cdo help $c differs"
	done
}

clean_pages()
{
	for page in "$top"/man/*.[157]; do
		man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null
	done
}

messages()
{
	sed -n 's/^	MSG_\([A-Z]*\) = \([0-9]*\),.*/\2 \1/p' \
		"$top/src/proto/msg.h" | while read -r number name; do
		grep -q "^$number $name\(\$\|:\)" "$top/man/cdo-protocol.7" ||
			echo "$number $name"
	done
}

# Keys of maps, as the code reads or writes them.
keys()
{
	grep -hoE '(msg_get\([^"]*|(msg_str|put_[a-z]+|pair_[a-z]+)\(&?[a-z]+, )"[a-z_]+"' \
		"$top"/src/proto/*.c "$top"/src/server/*.c \
		"$top"/src/custodian/*.c "$top"/src/client/*.c |
		sed 's/.*"\(.*\)"$/\1/' | sort -u | while read -r key; do
		grep -qw -- "$key" "$top/man/cdo-protocol.7" || echo "$key"
	done
}

# The worked example is the transcript that the tests go by.
example()
{
	page=$(tr -d ' \n' <"$top/man/cdo-protocol.7")
	grep -oE '"[0-9a-f]{14,}"' "$top/tests/vectors/cdo-pair-v1.json" |
		tr -d '"' | while read -r hex; do
		case $page in *"$hex"*) ;; *) echo "$hex" ;; esac
	done
}

options()
{
	CDO_CONFIG=/nonexistent "$cdo" config show |
		sed -n 's/ =.*//p' | sort -u | while read -r name; do
		grep -qF "\\fB$(echo "$name" | sed 's/-/\\-/g')\\fR = " \
			"$top/man/cdo.conf.5" || echo "$name"
	done
}

echo 1..13
promise 'each command explains itself' helpful
promise 'cdo.1 has the commands as help has them' manual
promise 'the completion for bash is that of the table' completion bash cdo.bash
promise 'the completion for zsh is that of the table' completion zsh _cdo
promise 'the completion for fish is that of the table' completion fish cdo.fish
promise_if bash 'bash understands its completion' \
	bash -n "$top/completions/cdo.bash"
promise_if zsh 'zsh understands its completion' zsh -n "$top/completions/_cdo"
promise_if fish 'fish understands its completion' \
	fish -n "$top/completions/cdo.fish"
promise_if man 'the manual pages are without a mistake' clean_pages
promise 'cdo-protocol.7 has every message' messages
promise 'cdo-protocol.7 has every key' keys
promise 'cdo-protocol.7 has the transcript of a pairing' example
promise 'cdo.conf.5 has every option' options
