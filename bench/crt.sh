#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# CRT's tables 1 to 4 with the layers of VGG-16 that are at hand, beside preset default and OpenCV's CSRT.
#
#   bench/crt.sh [DSLT] [RESULTS]            half an hour on one idle core; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/crt. FRAMES (default 150, as many of each sequence; 0 = all), SHARED
# (default ../shared/data) with sequences/otb and weights/vgg16_conv1to3.npz, JOBS (default 1). Boxes land in RESULTS/boxes
# (not committed: they follow third-party videos). PYTHON names an interpreter with NumPy and OpenCV.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dslt=${1:-build/dslt}
results=${2:-bench/results/crt}
shared=${SHARED:-../shared/data}
python=${PYTHON:-python3}
frames=${FRAMES:-150}
otb=$shared/sequences/otb
[ -d "$otb" ] || { echo "crt: $otb is not there; set SHARED." >&2; exit 1; }
ten=Car4,Couple,Crossing,Freeman1,Jogging-1,Jogging-2,Jumping,MotorRolling,Skiing,Woman
boxes=$results/boxes
mkdir -p "$boxes"
network=$boxes/vgg16_conv1to3.safetensors
[ -f "$network" ] || "$python" "$here/../weights/convert.py" "$shared/weights/vgg16_conv1to3.npz" -o "$network"
limit=
[ "$frames" = 0 ] || limit="--frames $frames"
# shellcheck disable=SC2086 # two words or none
"$dslt" ablate --paper crt --dataset otb100 --root "$otb" --sequences $ten --weights "$network" --jobs "${JOBS:-1}" $limit \
  -o "$boxes/ablation"
# shellcheck disable=SC2086
"$dslt" run --dataset otb100 --root "$otb" --sequences $ten --preset default $limit --out "$boxes/beside/dslt-default"
# shellcheck disable=SC2086
"$python" "$here/peers/opencv_trackers.py" --root "$otb" --out "$boxes/beside" --trackers CSRT $limit
cp "$boxes/ablation/ablation.md" "$results/tables.md"
for picture in "$boxes"/ablation/*.png; do
  [ ! -f "$picture" ] || cp "$picture" "$results"
done
"$dslt" eval "$boxes"/ablation/*/ "$boxes"/beside/*/ --dataset otb100 --root "$otb" --sequences $ten --attributes \
  --markdown "$results/attributes.md" --json "$boxes/scores.json" --per-sequence
