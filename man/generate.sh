#!/bin/sh
# man/generate.sh - prints cdo.1 with its COMMANDS as cdo's own help has them.
# usage: generate.sh CDO cdo.1

sed '/^\.\\" begin of what/q' "$2"
sh "$(dirname "$0")/commands.sh" "$1"
sed -n '/^\.\\" end of what/,$p' "$2"
