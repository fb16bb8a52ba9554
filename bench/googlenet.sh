#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# BVLC's GoogLeNet, fully trained on ImageNet, as backbone beside the built-in one: both presets on the OTB targets at
# hand and on the sequences for choosing settings, and the paper's ablations.
#
#   bench/googlenet.sh [DSLT] [RESULTS]          an hour on two idle cores; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/googlenet. PYTHON has numpy and onnx (weights/googlenet.py needs
# them); TAPS and SCALES choose other layers and factors. Boxes land in RESULTS/boxes (not committed: they follow
# third-party videos), the tables in RESULTS.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dslt=${1:-build/dslt}
results=${2:-bench/results/googlenet}
shared=${SHARED:-../shared/data}
python=${PYTHON:-python3}
taps=${TAPS:-inception_3b,inception_4e}
scales=${SCALES:-0.3,2}
[ -d "$shared" ] || { echo "googlenet: $shared is not there; set SHARED." >&2; exit 1; }
boxes=$results/boxes
mkdir -p "$boxes"
network=$boxes/googlenet.safetensors
if [ ! -f "$network" ]; then
  "$python" "$here/../weights/googlenet.py" "$shared/weights/googlenet_bvlc.npz" -o "$boxes/googlenet.onnx"
  "$dslt" weights convert "$boxes/googlenet.onnx" --taps="$taps" --scales="$scales" -o "$network"
fi

selection=$(cd "$shared/selection" && ls -d */ | tr -d / | paste -sd, -)
ten=Car4,Couple,Crossing,Freeman1,Jogging-1,Jogging-2,Jumping,MotorRolling,Skiing,Woman
otb=$shared/sequences/otb

run() { # SET NAME OPTION...: SET is selection or ten
  set=$1
  name=$2
  shift 2
  if [ "$set" = ten ]; then
    "$dslt" run --dataset otb100 --root "$otb" --sequences $ten --out "$boxes/ten/$name" "$@"
  else
    "$dslt" run --dataset folder --root "$shared/selection" --sequences "$selection" --out "$boxes/selection/$name" "$@"
  fi
}
for set in selection ten; do
  for preset in dslt paper; do
    run $set "GoogLeNet-$preset" --preset $preset --weights "$network"
    run $set "slim-$preset" --preset $preset
  done
done
"$dslt" eval "$boxes"/selection/* --dataset folder --root "$shared/selection" --sequences "$selection" \
  --markdown "$results/selection.md" --json "$results/selection.json" --per-sequence
"$dslt" eval "$boxes"/ten/* --dataset otb100 --root "$otb" --sequences $ten \
  --markdown "$results/ten.md" --json "$results/ten.json" --per-sequence
for preset in dslt paper; do
  "$dslt" ablate --dataset otb100 --root "$otb" --sequences $ten --preset $preset --weights "$network" \
    -o "$boxes/ablation/$preset"
  cp "$boxes/ablation/$preset/ablation.md" "$results/ablation-$preset.md"
done
