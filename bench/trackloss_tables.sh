#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tables 1 and 2 of "Tracking Loss" (2018) on sequences at hand: the matching strategies by one pass on OTB's, strategies and
# losses by VOT's supervised protocol on VOT's.
#
#   bench/trackloss_tables.sh [DSLT] [RESULTS]      hours on two idle cores; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/trackloss. SHARED (default ../shared/data) holds sequences/otb and
# sequences/vot; MORE is added to every run ("--jobs 1 --set head_channels=128"), OTB_MORE to the first part ("--frames 40
# --sequences Crossing,Couple"), VOT_MORE to the second. Boxes land in RESULTS/boxes (not committed: they follow third-party
# videos).
set -eu
dslt=${1:-build/dslt}
results=${2:-bench/results/trackloss}
sequences=${SHARED:-../shared/data}/sequences
[ -d "$sequences" ] || { echo "trackloss_tables: $sequences is not there; set SHARED." >&2; exit 1; }
mkdir -p "$results/boxes/otb" "$results/boxes/vot"

otb() { # STRATEGY
  # shellcheck disable=SC2086  # MORE and OTB_MORE hold several words
  "$dslt" run --dataset otb100 --root "$sequences/otb" --preset trackloss-softmax --set "strategy=$1" ${MORE:-} \
    ${OTB_MORE:-} -o "$results/boxes/otb/$1" --quiet
}
vot() { # NAME PRESET STRATEGY
  # shellcheck disable=SC2086
  "$dslt" run --dataset vot --root "$sequences/vot" --protocol vot --preset "trackloss-$2" --set "strategy=$3" ${MORE:-} \
    ${VOT_MORE:-} -o "$results/boxes/vot/$1" --quiet
}
# What was asked for first comes first, so that a run that is stopped has the most of it; sequences that are missing are named.
for strategy in 1+4 1 4 2 3; do otb "$strategy"; done
"$dslt" eval "$results"/boxes/otb/* --dataset otb100 --root "$sequences/otb" --allow-missing >"$results/one-pass.txt"
for strategy in 1+4 1 4; do vot "$strategy" softmax "$strategy"; done
for loss in ensemble hinge infogain2 sigmoid; do vot "$loss" "$loss" 1+4; done
for strategy in 2 3; do vot "$strategy" softmax "$strategy"; done
for loss in infogain1 infogain3; do vot "$loss" "$loss" 1+4; done
"$dslt" eval "$results"/boxes/vot/* --dataset vot --root "$sequences/vot" --protocol vot --allow-missing >"$results/vot.txt"
