#!/bin/sh
# lint/house.sh - the rules of the house (HACKING.md), each a test.

set -u
export LC_ALL=C
top=${CDO_TOP_SRCDIR:-.}
cc=${CC:-cc}
cd "$top" || exit 1

sources=$(find src tests -name '*.[ch]' | sort)
ours=$(find src -name '*.[ch]' | sort)
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
		printf '%s\n' "$broken" | sed 's/^/# /'
	fi
}

# A file may include what lies on a floor below its own, and its own room.
point_down()
{
	awk '
	BEGIN {
		split("base vt crypto proto keeper custodian server relay " \
			"client cmd", rooms, " ")
		split("0 1 1 2 2 3 3 3 3 4", floors, " ")
		for (i in rooms)
			floor[rooms[i]] = floors[i]
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split(FILENAME, at, "/")
		split($0, quoted, "\"")
		to = quoted[2]
		room = at[3] == "" ? "" : at[2]
		other = to
		sub("/.*", "", other)
		if (to !~ "/")
			print FILENAME ":" FNR ": say the room of " to
		else if (!(other in floor))
			print FILENAME ":" FNR ": there is no room " other
		else if (room != "" && other != room &&
		    floor[other] >= floor[room])
			print FILENAME ":" FNR ": " room " includes " to
	}' $ours
}

# The keeper outlives every upgrade: libc, and what of base needs no more.
keeper_is_small()
{
	grep -nE '"base/(conf|json|loop)\.h"' src/keeper/*.[ch] 2>/dev/null
}

one_door()
{
	while read -r header doors; do
		grep -nE "^[ 	]*#[ 	]*include[ 	]*<$header>" $ours |
			grep -vE "^($doors):"
	done <<-'DOORS'
		uv\.h src/base/loop\.c
		jansson\.h src/base/json\.c
		ini\.h src/base/conf\.c
		utf8proc\.h src/vt/width\.c
		vterm(_keycodes)?\.h src/vt/keys\.c
		msgpack[^>]* src/proto/msg\.c
		sodium[^>]* src/crypto/[a-z]*\.c
		zstd[^>]* src/custodian/transcript\.c
		(n?curses[^>]*|term)\.h src/client/tty\.c
	DOORS
}

first_lines()
{
	for f in $sources; do
		path=${f#src/}
		path=${path#tests/}
		head -n 1 "$f" | awk -v f="$f" -v path="$path" '
			{ start = "/* " path " - "; end = ". */" }
			substr($0, 1, length(start)) != start ||
			length($0) <= length(start) + length(end) ||
			$0 !~ /[.?] \*\/$/ ||
			length($0) > 80 { print f ": " $0 }'
	done
}

own_header_first()
{
	for f in $(find src -name '*.c'); do
		header=${f%.c}.h
		[ -f "$header" ] || continue
		first=$(sed -n 's/^#[ \t]*include[ \t]*//p' "$f" | head -n 1)
		[ "$first" = "\"${header#src/}\"" ] ||
			echo "$f: begins with $first"
	done
}

headers_compile_alone()
{
	for h in $(find src -name '*.h'); do
		printf '#include "%s"\n' "${h#src/}" |
			$cc -std=gnu17 -D_GNU_SOURCE -Isrc -Wall -Wextra -Werror \
				-fsyntax-only -x c -
	done
}

guards()
{
	for h in $(find src -name '*.h'); do
		want=CDO_$(echo "${h#src/}" | tr 'a-z/.-' 'A-Z___')
		grep -q "^#ifndef $want\$" "$h" &&
			grep -q "^#define $want\$" "$h" ||
			echo "$h: no guard $want"
	done
}

not_long()
{
	wc -l $sources | awk '$1 > 600 && $2 != "total" { print $2 ": " $1 }'
}

no_typedefs()
{
	grep -nE '^[ \t]*typedef[ \t]+(struct|union)' $ours
}

errno_door()
{
	grep -nE '(^|[^A-Za-z_.<"])errno([^A-Za-z_.]|$)' $ours |
		grep -v '^src/base/io\.c:' |
		grep -vE ':[ \t]*(/?\*|//)|-errno'
}

finished()
{
	grep -nE '(^|[^X])(TODO|FIXME|XXX)([^X]|$)' $sources
}

columns()
{
	for f in $sources; do
		expand "$f" | sed 's/[\x80-\xbf]//g' |
			awk -v f="$f" 'length($0) > 80 { print f ":" FNR }'
	done
}

listed()
{
	for f in $sources $(find tests -name '*.txt' -o -name '*.js' \
		-o -name '*.sh' -o -name '*.bin' -o -name '*.json'); do
		case $f in */node_modules/* | */corpus/*) continue ;; esac
		grep -qE "(^|[ 	])(${f%.c}|$f|${f%/*})([ 	]|\$)" Makefile.am ||
			echo "$f is not in Makefile.am"
	done
}

no_sleep()
{
	grep -nE '(^|[^a-z_])(sleep|usleep|nanosleep)[ ]*\(' \
		$(find tests -name '*.c' ! -path 'tests/bench/*')
}

# A merge that went wrong leaves two of a function, and the later one counts.
written_once()
{
	for f in bootstrap tests/lint/*.sh tests/run.sh; do
		sed -n 's/^\([a-z_]*\)()$/\1/p' "$f" | sort | uniq -d |
			sed "s|^|$f: twice: |"
	done
}

echo 1..15
promise 'includes point down only' point_down
promise 'the keeper needs no library' keeper_is_small
promise 'each library has one door' one_door
promise 'each file opens with its purpose' first_lines
promise 'each file includes its own header first' own_header_first
promise 'each header compiles alone' headers_compile_alone
promise 'each header is guarded by its name' guards
promise 'no file is longer than 600 lines' not_long
promise 'no struct hides behind a typedef' no_typedefs
promise 'only base/io reads errno' errno_door
promise 'nothing is left for later' finished
promise 'no line is longer than 80 columns' columns
promise 'each file is built or shipped' listed
promise 'no test waits for a clock' no_sleep
promise 'each function of a script is written once' written_once
