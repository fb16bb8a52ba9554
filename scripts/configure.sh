#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Configure a build folder for what is to be built next, unless it already serves for that.
#
#   scripts/configure.sh program BUILD [PRESET]    the program on this machine: CUDA parts only where there are both nvcc and
#                                                  an NVIDIA GPU, and for that GPU alone; no tests
#   scripts/configure.sh library BUILD [PRESET]    to install: CUDA parts wherever there is a usable nvcc; no tests
#   scripts/configure.sh all     BUILD [PRESET]    the same, with the tests
#
# PRESET is auto (default), cpu or cuda. CUDA_ARCHITECTURES in the environment chooses the GPUs to compile for, e.g. "80;90".
set -eu
cd "$(dirname "$0")/.."
what=$1 build=$2 preset=${3:-auto}

nvcc=
[ "$preset" = cpu ] || nvcc=$(command -v nvcc 2>/dev/null || true)

# The GPUs at hand that this nvcc can compile for, e.g. "90"; nothing without a driver.
gpus() {
  codes=$(nvcc --list-gpu-code 2>/dev/null) || return 0
  for capability in $(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | sort -u); do
    number=$(echo "$capability" | tr -d .)
    case $codes in *"sm_$number"*) echo "$number" ;; esac
  done | paste -sd ';' -
}

tests=OFF cuda=OFF architectures=${CUDA_ARCHITECTURES:-}
[ "$what" != all ] || tests=ON
if [ "$preset" = cuda ]; then
  cuda=ON
elif [ -n "$nvcc" ] && [ "$what" != program ]; then
  cuda=AUTO
elif [ -n "$nvcc" ] && [ -n "$(gpus)" ]; then
  cuda=AUTO
  architectures=${architectures:-$(gpus)}
fi

# A folder that has more than is wanted serves too; another preset or compiler starts anew.
choice="$what $cuda ${architectures:-default} $preset $nvcc"
before=$(cat "$build/.choice" 2>/dev/null || true)
if [ -f "$build/build.ninja" ]; then
  case "$what $before" in
    "$what $choice") exit 0 ;;
    "program library "*" $preset $nvcc" | "program all "*" $preset $nvcc" | "library all "*" $preset $nvcc") exit 0 ;;
  esac
fi
case $before in
  *" $preset $nvcc") ;;
  *) rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles" "$build/build.ninja" ;;
esac
rm -f "$build/.choice"

set -- -D DSLT_WITH_CUDA=$cuda -D DSLT_BUILD_TESTS=$tests
if [ -n "$architectures" ]; then
  set -- "$@" -D DSLT_CUDA_ARCHITECTURES="$architectures"
else
  set -- "$@" -U DSLT_CUDA_ARCHITECTURES
fi
mkdir -p "$build"
if ! cmake --preset cpu -B "$build" "$@" >"$build/configure.log" 2>&1; then
  cat "$build/configure.log" >&2
  exit 1
fi
grep '^-- dslt:' "$build/configure.log" || true
printf '%s\n' "$choice" >"$build/.choice"
