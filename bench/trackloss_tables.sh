#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tables 1 and 2 of "Tracking Loss" (2018) on sequences at hand: one pass on OTB's, VOT's supervised protocol on VOT's.
#
#   bench/trackloss_tables.sh [DSLT] [RESULTS]      hours on two idle cores; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/trackloss. SHARED (default ../shared/data) holds sequences/otb and
# sequences/vot; MORE is added to every run ("--frames 40 --jobs 1 --precision bf16"). Boxes land in RESULTS/boxes (not
# committed: they follow third-party videos).
set -eu
dslt=${1:-build/dslt}
results=${2:-bench/results/trackloss}
sequences=${SHARED:-../shared/data}/sequences
[ -d "$sequences" ] || { echo "trackloss_tables: $sequences is not there; set SHARED." >&2; exit 1; }
mkdir -p "$results/boxes/vot"

# shellcheck disable=SC2086  # MORE holds several words
"$dslt" ablate --paper trackloss --dataset otb100 --root "$sequences/otb" ${OTB:+--sequences "$OTB"} ${MORE:-} \
  -o "$results/boxes/otb" --quiet >"$results/one-pass.txt"

vot() { # NAME PRESET SETTING
  # shellcheck disable=SC2086
  "$dslt" run --dataset vot --root "$sequences/vot" --protocol vot --preset "trackloss-$2" ${3:+--set "$3"} ${MORE:-} \
    -o "$results/boxes/vot/$1" --quiet
}
for strategy in 1 2 3 4 1+4; do vot "$strategy" softmax "strategy=$strategy"; done
for loss in infogain1 infogain2 infogain3 sigmoid hinge ensemble; do vot "$loss" "$loss" ''; done
"$dslt" eval "$results"/boxes/vot/* --dataset vot --root "$sequences/vot" --protocol vot >"$results/vot.txt"
