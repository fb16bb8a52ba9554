#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Track real sequences twice with full-width random weights and compare the bytes.
#
#   bench/determinism.sh [DSLT] [FRAMES] [OTHER_DSLT]
#
# DSLT defaults to build/dslt; FRAMES 0 (default) means all; the second run is OTHER_DSLT's (a build in another folder) where
# given. Sequences come from ../shared/data/sequences/otb. Prints a line for each sequence and preset.
set -eu
dslt=${1:-build/dslt}
frames=${2:-0}
other=${3:-$dslt}
otb=../shared/data/sequences/otb
[ -d $otb ] || { echo "dslt: $otb is not there" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$dslt" weights random --arch vgg16 --seed 1 -o "$work/random.safetensors" >/dev/null
[ "$frames" = 0 ] && limit= || limit="--frames $frames"
uname -srm
"$dslt" info
for sequence in ${SEQUENCES:-Crossing Jumping MotorRolling}; do
  for preset in ${PRESETS:-paper released}; do
    for run in 1 2; do
      [ $run = 1 ] && program=$dslt || program=$other
      # shellcheck disable=SC2086
      "$program" track $otb/$sequence/img --box otb:$otb/$sequence/groundtruth_rect.txt --weights "$work/random.safetensors" \
        --preset $preset $limit --out "$work/$run.txt" --format json --summary "$work/$run.json" --quiet
    done
    cmp "$work/1.txt" "$work/2.txt"
    python3 - "$sequence" "$preset" "$work/1.json" <<'PYTHON'
import json, sys
s = json.load(open(sys.argv[3]))
stages = ", ".join(f"{k} {v:.1f}" for k, v in s["ms_per_stage"].items())
print(f"{sys.argv[1]} {sys.argv[2]}: {s['frames']} frames, identical; {s['fps']:.2f} fps, first frame {s['init_ms']:.0f} ms; ms {stages}")
PYTHON
  done
done
