#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reference of include/dslt/dslt.h by Doxygen. A warning is a failure.
#
#   scripts/docs.sh FOLDER        the page is FOLDER/html/index.html
set -eu
cd "$(dirname "$0")/.."
if ! command -v doxygen >/dev/null 2>&1; then
  echo "skipped: doxygen is not installed: apt-get install doxygen"
  exit 0
fi
version() { sed -n "s/^#define DSLT_VERSION_$1 //p" include/dslt/dslt.h; }
mkdir -p "$1"
DSLT_DOCS=$1 DSLT_VERSION="$(version MAJOR).$(version MINOR).$(version PATCH)" doxygen docs/Doxyfile
echo "wrote $1/html/index.html"
