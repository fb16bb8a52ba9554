#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Would a program that was built with the recorded header still run with this one? abigail-tools compares functions, structs
# and enumerations of include/dslt/dslt.h with the record in cmake/dslt.abi. What is compared is a library of empty functions
# made from the header, which takes a second; that the real one exports exactly these is tests/install/symbols.sh's matter.
#
#   scripts/abi.sh              exit code 1 when the record differs, and how
#   scripts/abi.sh --record     write the record; a change that is not an addition needs a new DSLT_VERSION_MINOR as well
set -eu
cd "$(dirname "$0")/.."
record=cmake/dslt.abi header=include/dslt/dslt.h
for tool in abidw abidiff; do
  command -v $tool >/dev/null 2>&1 || { echo "skipped: no $tool: apt-get install abigail-tools"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every "DSLT_API TYPE NAME(ARGUMENTS);" becomes a function without a result.
{
  echo '#include "dslt/dslt.h"'
  tr '\n' ' ' <$header | grep -oE 'DSLT_API [a-z][^;]*;' | sed 's/;$/ { __builtin_trap(); }/'
} >"$work/stub.c"
[ "$(grep -c '^DSLT_API ' "$work/stub.c")" = "$(grep -c '^DSLT_API ' $header)" ] ||
  { echo "abi.sh: a DSLT_API line of $header could not be read"; exit 1; }
number() { sed -n "s/^#define DSLT_VERSION_$1 \([0-9]*\).*/\1/p" $header; }
soname=libdslt.so.$(number MAJOR).$(number MINOR)
${CC:-cc} -std=c11 -g -O0 -w -fPIC -shared -fvisibility=hidden -Iinclude -Wl,-soname,"$soname" \
  -Wl,--version-script=cmake/dslt.map "$work/stub.c" -o "$work/$soname"
abidw --no-comp-dir-path --no-corpus-path --no-show-locs --no-architecture --out-file "$work/now.abi" "$work/$soname"

if [ "${1:-}" = --record ]; then
  cp "$work/now.abi" $record
  echo "abi: $(grep -c '<elf-symbol ' $record) functions recorded in $record"
  exit 0
fi
code=0
abidiff --no-architecture $record "$work/now.abi" >"$work/report" 2>&1 || code=$?
case $code in
  0) echo "abi: $(grep -c '<elf-symbol ' $record) functions, as recorded"; exit 0 ;;
esac
cat "$work/report"
if [ $((code & 8)) != 0 ] || grep -qE '[1-9][0-9]* (Removed|Changed)' "$work/report"; then
  echo "abi: programs built with the recorded header would break. Undo it, or raise DSLT_VERSION_MINOR, rename the version in"
  echo "abi: cmake/dslt.map, and record it: scripts/abi.sh --record"
else
  echo "abi: the header differs from the record; if that is meant: scripts/abi.sh --record"
fi
exit 1
