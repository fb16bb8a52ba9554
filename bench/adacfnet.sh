#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# AdaCFNet's ablation: trains the four kinds of networks from CFNet's own filters, chooses on one set, reports on another.
#
#   bench/adacfnet.sh [DSLT] [RESULTS]      an hour on an idle core; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/adacfnet. SEEDS (default "1 2 3"), STEPS (default 400), BLOCKS (default 30:
# how much faster the blocks learn), SCRATCH (default 0: none; else as many steps from random filters), FRAMES and CHOICE_FRAMES
# (default 0: all; else as many of each sequence, to report and to choose the network that ships), SHARED (default ../shared/data)
# with training-video, photos, selection, sequences/otb and weights/cfnet. MORE is added to every run of dslt ("--jobs 1"). PYTHON
# names an interpreter with PyTorch, SciPy, Matplotlib and Pillow. Runs and boxes land in RESULTS/work (not committed: boxes follow
# third-party videos, and what the first layer makes of all crops takes 4 GB).
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
      $attention --loss $loss --set "seed=$seed" --set "steps=${STEPS:-400}" --set rate_first=0.001 --set rate_last=0.0001 \
      --set "blocks_rate=${BLOCKS:-30}" --set balanced=true --set bn_fixed=true --set log_every=10
    "$python" "$train/export.py" --run "$work/runs/$kind-$seed" -o "$work/networks/new.tmp"
    mv "$work/networks/new.tmp" "$work/networks/$kind-$seed.safetensors"
    cp "$work/runs/$kind-$seed/log.jsonl" "$results/logs/$kind-$seed.jsonl"
  done
done
"$python" "$train/curves.py" --logs "$results/logs" -o "$train/curves.png"

for kind in se-focal cfnet; do
  [ "${SCRATCH:-0}" != 0 ] || continue
  [ ! -f "$work/scratch/$kind.safetensors" ] || continue
  options='--attention --loss focal'
  [ $kind = se-focal ] || options='--loss logistic'
  # shellcheck disable=SC2086 # several options
  "$python" "$train/train.py" --tracks "$shared/training-video" --photos "$shared/photos" --out "$work/scratch/$kind" $options \
    --set "steps=$SCRATCH" --set rate_first=0.01 --set rate_last=0.001 --set balanced=true --set log_every=10 --set keep_every=50
  "$python" "$train/export.py" --run "$work/scratch/$kind" -o "$work/scratch/$kind.safetensors"
  mkdir -p "$results/scratch"
  cp "$work/scratch/$kind/log.jsonl" "$results/scratch/$kind-1.jsonl"
done

limit() { # FRAMES: dslt's option
  [ "$1" = 0 ] || echo "--frames $1"
}
track() { # NAME PRESET FRAMES RUN'S OPTIONS
  name=$1 preset=$2 frames=$3
  shift 3
  # shellcheck disable=SC2046,SC2086 # several words or none
  "$dslt" run --preset "$preset" $(limit "$frames") ${MORE:-} --out "$work/$name" "$@"
}
choose() { # NAME PRESET RUN'S OPTIONS: on the sequences for choosing
  name=$1 preset=$2
  shift 2
  track "selection/$name" "$preset" "${CHOICE_FRAMES:-0}" --dataset folder --root "$shared/selection" "$@"
}
authors=$work/authors.safetensors
[ -f "$authors" ] || "$python" "$here/../weights/convert.py" "$shared/weights/cfnet/cfnet-conv2_e80.mat" -o "$authors"
choose authors cfnet --weights "$authors"
choose shipped adacfnet
for file in "$work"/networks/se-focal-*.safetensors; do
  choose "$(basename "$file" .safetensors)" adacfnet --weights "$file"
done
for file in "$work"/scratch/*.safetensors; do
  [ ! -f "$file" ] || choose "scratch-$(basename "$file" .safetensors)" adacfnet --weights "$file"
done
"$dslt" eval "$work"/selection/*/ --dataset folder --root "$shared/selection" >"$results/selection.txt"

track authors-otb cfnet "${FRAMES:-0}" --dataset otb100 --root "$shared/sequences/otb" --weights "$authors"
track shipped-otb adacfnet "${FRAMES:-0}" --dataset otb100 --root "$shared/sequences/otb"
"$dslt" eval "$work/authors-otb" "$work/shipped-otb" --dataset otb100 --root "$shared/sequences/otb" >"$results/authors.txt"
# shellcheck disable=SC2046,SC2086
"$dslt" ablate --paper adacfnet --networks "$work/networks" --dataset otb100 --root "$shared/sequences/otb" \
  $(limit "${FRAMES:-0}") ${MORE:-} -o "$work/otb"
cp "$work/otb/ablation.md" "$results/otb.md"
