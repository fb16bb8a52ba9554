#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a compiler does not check: formatting, SPDX lines, head comments, long functions, vendor headers outside their folders,
# references to files that a clone does not have.
set -eu
cd "$(dirname "$0")/.."
failed=0
complain() { echo "lint: $*" >&2; failed=1; }

if ! command -v clang-format >/dev/null 2>&1; then
  complain "clang-format is not installed: apt-get install clang-format"
elif ! git ls-files -z '*.c' '*.h' '*.cpp' '*.cu' | xargs -0 clang-format --dry-run --Werror; then
  complain "above: not formatted; make format"
fi

sources="*.c *.h *.cpp *.cu *.py *.sh *.cmake CMakeLists.txt */CMakeLists.txt"
# shellcheck disable=SC2086 # a list of patterns
missing=$(git grep -L 'SPDX-License-Identifier: Apache-2.0' -- $sources || true)
[ -z "$missing" ] || complain "no SPDX line in:
$missing"

if git grep -nE '#include *[<"](cuda|cudnn|cublas|dnnl|oneapi|opencv|libav|libsw)' -- host include \
    ':!host/backend/cpu' ':!host/backend/cuda' ':!host/media'; then
  complain "above: vendor headers belong into host/backend/{cpu,cuda} and host/media"
fi

python3 scripts/room_sizes.py --check || complain "above: too long, or without SPDX line or head comment"

# Tests and benchmarks may look for reference data beside the repository; nothing may need it to be understood.
if git grep -nE 'shared/(design|papers|facts|hooks|tools)' -- host include kernels docs examples cmake; then
  complain "above: a clone has no such file"
fi
exit $failed
