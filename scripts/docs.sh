#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The site of docs/ by Sphinx, and within it the reference of include/dslt/dslt.h by Doxygen. A warning is a failure.
#
#   scripts/docs.sh FOLDER        the first page is FOLDER/html/index.html, the reference FOLDER/html/api/index.html
set -eu
cd "$(dirname "$0")/.."
version() { sed -n "s/^#define DSLT_VERSION_$1 //p" include/dslt/dslt.h; }
python=/usr/bin/python3 # Debian's packages belong to this one
[ -x "$python" ] || python=python3

mkdir -p "$1/html"
if command -v doxygen >/dev/null 2>&1; then
  DSLT_DOCS=$1/html DSLT_VERSION="$(version MAJOR).$(version MINOR).$(version PATCH)" doxygen docs/Doxyfile
  echo "wrote $1/html/api/index.html"
else
  echo "skipped: doxygen is not installed: apt-get install doxygen"
fi
if "$python" -c 'import sphinx, myst_parser, furo' 2>/dev/null; then
  "$python" -m sphinx -q -W --keep-going -b html -d "$1/doctrees" docs "$1/html"
  echo "wrote $1/html/index.html"
else
  echo "skipped: Sphinx, MyST or furo is not installed: apt-get install python3-sphinx python3-myst-parser furo"
fi
