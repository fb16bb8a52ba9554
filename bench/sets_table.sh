#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One table over every set at hand: presets default and dslt beside OpenCV's CSRT and TrackerNano, all in one run on one
# machine; AUC and precision of each set, frames per second over all of them.
#
#   bench/sets_table.sh [DSLT] [RESULTS]         a quarter of an hour on two idle cores; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/sets. SETS lists NAME=FOLDER pairs of OTB-like folders, by default
# selection (settings were chosen there), otb10 and validation (for reporting). Preset default runs with each of SEEDS (default
# "1 2 3"). Boxes land in RESULTS/boxes (not committed: they follow third-party videos). PYTHON names an interpreter with OpenCV; TrackerNano needs opencv-contrib 4.8 or later
# and NANO, a folder with v2_backbone.onnx and v2_head.onnx.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dslt=${1:-build/dslt}
results=${2:-bench/results/sets}
data=../shared/data
sets=${SETS:-selection=$data/selection otb10=$data/sequences/otb validation=$data/validation}
python=${PYTHON:-/usr/bin/python3}
export NANO="${NANO:-$data/weights/nanotrack}"
for pair in $sets; do
  name=${pair%%=*} root=${pair#*=} boxes=$results/boxes/${pair%%=*}
  [ -d "$root" ] || { echo "sets_table: $root is not there; set SETS." >&2; exit 1; }
  mkdir -p "$boxes"
  for preset in default dslt; do
    "$dslt" run --dataset folder --root "$root" --preset "$preset" --out "$boxes/dslt-$preset" --jobs 1 --threads 0
  done
  for seed in ${SEEDS:-1 2 3}; do
    [ "$seed" = 1 ] || "$dslt" run --dataset folder --root "$root" --preset default --seed "$seed" \
      --out "$boxes/dslt-default.$seed" --jobs 1 --threads 0
  done
  peers=CSRT
  if "$python" -c 'import cv2; cv2.TrackerNano_create' 2>/dev/null; then peers=$peers,Nano; fi
  "$python" "$here/peers/opencv_trackers.py" --root "$root" --out "$boxes" --trackers "$peers"
  "$dslt" eval "$boxes"/* --dataset folder --root "$root" --json "$results/boxes/$name.json" \
    --markdown "$results/$name.md" --per-sequence
done
"$python" "$here/sets_readme.py" "$results" >"$results/table.md"
cat "$results/table.md"
