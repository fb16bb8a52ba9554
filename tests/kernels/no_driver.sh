#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A build with CUDA parts on a machine without a GPU that it can use: --backend cuda says why and ends with code 5;
# --backend auto says it once and tracks on the CPU. Exit code 77 where there is a GPU.
#
#   tests/kernels/no_driver.sh build/dslt
set -u
dslt=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "$1; it said:"
  cat "$work/said"
  exit 1
}
track() { # BACKEND
  "$dslt" track scene:1:96x72 --frames 2 --preset dslt --set init_steps=2 --set search_max_side=96 --backend "$1" --out "$work/boxes.txt" \
    >"$work/printed" 2>"$work/said"
}
track cuda
code=$?
[ $code = 0 ] && { echo "this machine has a GPU"; exit 77; }
[ $code = 5 ] || fail "--backend cuda ended with code $code, not 5"
grep -Eq '^dslt: Backend cuda cannot run here: .+\. Use --backend cpu' "$work/said" || fail "--backend cuda does not say why"
[ "$(wc -l <"$work/said")" = 1 ] || fail "--backend cuda says it more than once"
[ -s "$work/boxes.txt" ] && fail "--backend cuda wrote boxes"
reason=$(sed 's/^dslt: Backend cuda cannot run here: \(.*\)\. Use --backend cpu.*/\1/' "$work/said")
track auto || fail "--backend auto ended with code $?"
[ "$(grep -cF "Tracking on the CPU: $reason." "$work/said")" = 1 ] || fail "--backend auto does not say once: $reason"
[ "$(wc -l <"$work/boxes.txt")" -ge 2 ] || fail "--backend auto wrote no boxes"
echo "without a GPU: $reason"
