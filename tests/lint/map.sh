#!/bin/sh
# lint/map.sh - prints the house from the first lines of its files.

cd "${1:-.}" || exit 1
for f in $(find src tests -name '*.[ch]' | sort); do
	head -n 1 "$f"
done | awk '
	{
		sub(/^\/\* /, "")
		sub(/\.? \*\/$/, "")
		at = index($0, " - ")
		name = substr($0, 1, at - 1)
		stem = name
		sub(/\.[ch]$/, "", stem)
		if (stem in seen)
			next
		seen[stem] = 1
		room = stem
		if (!sub(/\/.*/, "", room))
			room = "."
		if (room != last)
			print (last == "" ? "" : "\n") room "/"
		last = room
		sub(/^[^\/]*\//, "", stem)
		printf "  %-16s %s\n", stem, substr($0, at + 3)
	}'
