#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# AdaCFNet's ablation: trains the four kinds of networks from CFNet's own filters, chooses on one set, reports on another.
#
#   bench/adacfnet.sh [DSLT] [RESULTS]      an hour on an idle core; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/adacfnet. SEEDS (default "1 2 3"), STEPS (default 60), FRAMES and
# CHOICE_FRAMES (default 0: all; else as many of each sequence, to report and to choose the network that ships), SHARED (default
# ../shared/data) with training-video, photos, selection, sequences/otb and weights/cfnet. MORE is added to every run of dslt
# ("--jobs 1"). PYTHON names an interpreter with PyTorch, SciPy and Pillow. Runs and boxes land in RESULTS/work (not committed:
# boxes follow third-party videos, and what the first layer makes of all crops takes 4 GB).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dslt=${1:-build/dslt}
results=${2:-bench/results/adacfnet}
shared=${SHARED:-../shared/data}
python=${PYTHON:-python3}
train=$here/../weights/adacfnet
work=$results/work
[ -d "$shared/training-video" ] || { echo "adacfnet: $shared/training-video is not there; set SHARED." >&2; exit 1; }
mkdir -p "$work/runs" "$work/networks" "$results/logs"

for seed in ${SEEDS:-1 2 3}; do
  for kind in cfnet se focal se-focal; do
    attention=''
    loss=logistic
    case $kind in se*) attention=--attention ;; esac
    case $kind in *focal) loss=focal ;; esac
    [ ! -f "$work/networks/$kind-$seed.safetensors" ] || continue
    # shellcheck disable=SC2086 # an option or nothing
    "$python" "$train/train.py" --tracks "$shared/training-video" --photos "$shared/photos" \
      --start "$shared/weights/cfnet/cfnet-conv2_e80.mat" --first-layer "$work/first" --out "$work/runs/$kind-$seed" \
      $attention --loss $loss --set "seed=$seed" --set "steps=${STEPS:-60}" --set rate_first=0.001 --set rate_last=0.0001 \
      --set blocks_rate=10 --set balanced=true --set bn_fixed=true --set log_every=10
    "$python" "$train/export.py" --run "$work/runs/$kind-$seed" -o "$work/networks/new.tmp"
    mv "$work/networks/new.tmp" "$work/networks/$kind-$seed.safetensors"
    cp "$work/runs/$kind-$seed/log.jsonl" "$results/logs/$kind-$seed.jsonl"
  done
done
"$python" "$train/curves.py" --logs "$results/logs" -o "$train/curves.png"

limit() { # FRAMES: dslt's option
  [ "$1" = 0 ] || echo "--frames $1"
}
for file in "$work"/networks/se-focal-*.safetensors; do
  # shellcheck disable=SC2046,SC2086 # several words or none
  "$dslt" run --dataset folder --root "$shared/selection" --preset adacfnet --weights "$file" $(limit "${CHOICE_FRAMES:-0}") \
    ${MORE:-} --out "$work/selection/$(basename "$file" .safetensors)"
done
"$dslt" eval "$work"/selection/se-focal-*/ --dataset folder --root "$shared/selection" >"$results/selection.txt"
# shellcheck disable=SC2046,SC2086
"$dslt" ablate --paper adacfnet --networks "$work/networks" --dataset otb100 --root "$shared/sequences/otb" \
  $(limit "${FRAMES:-0}") ${MORE:-} -o "$work/otb"
cp "$work/otb/ablation.md" "$results/otb.md"
