#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A 20-frame run under Valgrind: no invalid access, no use of undefined values, nothing leaked.
#
#   tests/valgrind.sh [BUILD FOLDER]
set -eu
build=$(cd "${1:-build}" && pwd)
if ! command -v valgrind >/dev/null 2>&1; then
  echo "dslt: valgrind is not installed: apt-get install valgrind" >&2
  exit 1
fi
# One thread: Valgrind runs one at a time, and waiting threads spin.
OMP_NUM_THREADS=1
OMP_WAIT_POLICY=passive # and so that the program does not start itself anew, away from Valgrind
export OMP_NUM_THREADS OMP_WAIT_POLICY
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/dslt" weights random --arch vgg16/16 --seed 1 -o "$work/w.safetensors" >/dev/null
check() { # PRESET
  valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \
    --suppressions="$(dirname "$0")/valgrind.supp" \
    "$build/dslt" track scene:1:160x120 --frames 20 --weights "$work/w.safetensors" --preset "$1" --threads 1 \
    --set search_min_area=1 --set search_width=2 --set search_height=2 --set init_steps=10 --set reduce_channels=16 \
    --out "$work/$1.txt" --quiet
  [ "$(wc -l <"$work/$1.txt")" = 20 ]
  echo "valgrind: 20 frames with preset $1, nothing to report"
}
check paper &
paper=$!
check released
wait $paper
