#!/bin/sh
# oracle/oracle.sh - the differential test against xterm.js, where it can be.

set -u
src=$CDO_TOP_SRCDIR/tests/oracle
build=$CDO_TOP_BUILDDIR/tests/oracle

skip()
{
	echo "1..0 # SKIP $1"
	exit 0
}

command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"
mkdir -p "$build" && cd "$build" || exit 1
if ! cmp -s "$src/package-lock.json" node_modules/.installed; then
	cp "$src/package.json" "$src/package-lock.json" . &&
	chmod u+w package.json package-lock.json || exit 1
	npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 ||
		skip "npm ci failed: $(tail -n 1 npm.log)"
	cp "$src/package-lock.json" node_modules/.installed
fi
NODE_PATH=$build/node_modules exec node "$src/differential.js" \
	"$CDO_TOP_BUILDDIR/tests/tools/vtsnap"
