#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shared library shows the functions that the header marks DSLT_API, in the header's version, and nothing else; every global name of the
# static one begins with dslt_, so that it meets no other library's.
#
#   symbols.sh NM HEADER libdslt.so libdslt.a
set -eu
nm=$1 header=$2 shared=$3 static=$4
case $nm in *-NOTFOUND) echo "skipped: there is no nm here"; exit 77 ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n 's/^DSLT_API [^(]*[ *]\(dslt_[a-z0-9_]*\)(.*/\1/p' "$header" | sort >"$work/promised"
number() { sed -n "s/^#define DSLT_VERSION_$1 \([0-9]*\).*/\1/p" "$header"; }
version=DSLT_$(number MAJOR).$(number MINOR)
# name@@VERSION, and the version itself as an absolute symbol
"$nm" -D --defined-only --with-symbol-versions "$shared" | awk '{print $NF}' | grep -v "^$version" | sort >"$work/versioned"
sed "s/@@$version\$//" "$work/versioned" >"$work/exported"
[ -s "$work/promised" ] || { echo "no DSLT_API function was found in $header"; exit 1; }
[ "$(grep -c '^DSLT_API ' "$header")" = "$(wc -l <"$work/promised")" ] ||
  { echo "a DSLT_API line of $header could not be read"; exit 1; }
diff -u "$work/promised" "$work/exported" || { echo "$shared exports other names than $header promises"; exit 1; }

! grep -v "@@$version\$" "$work/versioned" || { echo "above: not of version $version"; exit 1; }

# Sanitizers and C++ add names of their own, all in the implementation's name space (_..., DW.ref.... for exceptions).
"$nm" -g --defined-only "$static" 2>/dev/null | awk 'NF == 3 && $3 !~ /^(dslt_|_|DW\.ref\.)/ {print $3}' >"$work/foreign"
[ ! -s "$work/foreign" ] || { echo "$static defines names without the prefix dslt_:"; cat "$work/foreign"; exit 1; }
echo "$(wc -l <"$work/promised") functions exported"
