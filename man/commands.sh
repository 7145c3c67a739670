#!/bin/sh
# man/commands.sh - prints the COMMANDS section of cdo.1 from cdo's own help.

cdo=$1
for name in $("$cdo" help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'); do
	"$cdo" help "$name"
done | awk '
	function roff(s) {
		gsub(/\\/, "\\e", s)
		gsub(/-/, "\\-", s)
		sub(/^[.\047]/, "\\\\\\&&", s)
		return s
	}
	# "-n, --name=NAME": what stands for the value is not bold.
	function option(s,   at) {
		at = match(s, /\[=|=/)
		if (!at)
			at = length(s) + 1
		return "\\fB" roff(substr(s, 1, at - 1)) "\\fR" \
			roff(substr(s, at))
	}
	/^usage: / {
		sub(/^usage: /, "")
		print ".SS " roff($0)
		state = "usage"
		next
	}
	state == "usage" && /^   or: / {
		sub(/^   or: /, "")
		sub(/ \.\.\.$/, "")
		print "Also \\fB" roff($0) "\\fR."
		next
	}
	state == "usage" && $0 != "" {
		line = toupper(substr($0, 1, 1)) substr($0, 2)
		print roff(line) "."
		state = "body"
		gap = 1
		next
	}
	/^$/ { gap = 1; next }
	/^  (-.|    --)/ {
		s = $0
		sub(/^ */, "", s)
		at = match(s, /  +/)
		if (!at)
			at = match(s, / [^-]/)
		print ".TP"
		print option(substr(s, 1, at - 1))
		rest = substr(s, at)
		sub(/^ */, "", rest)
		print roff(rest)
		gap = 0
		next
	}
	/^  / {
		if (gap)
			print ".PP"
		if (!example)
			print ".nf"
		example = 1
		gap = 0
		print roff($0)
		next
	}
	{
		if (example)
			print ".fi"
		example = 0
		if (gap)
			print ".PP"
		gap = 0
		print roff($0)
	}
	END { if (example) print ".fi" }' | awk '
	# An example that a new command ends.
	/^\.nf$/ { open = 1 }
	/^\.fi$/ { open = 0 }
	/^\.SS / && open { print ".fi"; open = 0 }
	{ print }'
