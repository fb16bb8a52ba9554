#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tables 1 and 2 of "Tracking Loss" (2018) on sequences at hand: matching strategies without resets, and strategies and
# losses by VOT's supervised protocol.
#
#   bench/trackloss_tables.sh [DSLT] [RESULTS]      hours on two idle cores; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/trackloss. SHARED (default ../shared/data) holds sequences/otb and
# sequences/vot; OTB's with one target are linked into a folder of VOT's layout beside VOT's own, so that both protocols run
# on all. MORE is added to every run ("--jobs 1 --frames 60 --sequences bag,Crossing"), YEAR (default VOT2016) is VOT's whose
# interval of lengths EAO takes: sequences that are cut need one that has short ones. Links and boxes land in RESULTS/boxes
# (not committed: they follow third-party videos).
set -eu
dslt=${1:-build/dslt}
results=${2:-bench/results/trackloss}
sequences=$(cd "${SHARED:-../shared/data}/sequences" && pwd)
[ -d "$sequences/vot" ] || { echo "trackloss_tables: $sequences/vot is not there; set SHARED." >&2; exit 1; }
mkdir -p "$results/boxes/set" "$results/boxes/runs"

for from in "$sequences"/vot/*/ "$sequences"/otb/*/; do
  to=$results/boxes/set/$(basename "$from")
  [ -e "$to/groundtruth.txt" ] && continue
  if [ -e "$from/groundtruth.txt" ]; then
    mkdir -p "$to" && ln -sf "$from"*.jpg "$to" && cp "$from/groundtruth.txt" "$to"
  elif [ -e "$from/groundtruth_rect.txt" ]; then # counts pixels from 1
    mkdir -p "$to" && ln -sf "$from"img/*.jpg "$to"
    tr -s ' \t\r' ',,\n' <"$from/groundtruth_rect.txt" |
      awk -F, 'NF >= 4 {print $1 - 1 "," $2 - 1 "," $3 "," $4}' >"$to/groundtruth.txt"
  fi
done

run() { # PROTOCOL NAME PRESET STRATEGY
  # shellcheck disable=SC2086  # MORE holds several words
  "$dslt" run --dataset vot --root "$results/boxes/set" --protocol "$1" --preset "trackloss-$3" --set "strategy=$4" \
    ${MORE:-} -o "$results/boxes/runs/$2" --quiet
}
supervised() { run vot "$@"; }
one_pass() { run vot-unsupervised "$@"; }

# What was asked for first comes first, so that a run that is stopped has the most of it.
for strategy in 1+4 1 4; do supervised "$strategy" softmax "$strategy"; done
for loss in ensemble hinge infogain2 sigmoid; do supervised "$loss" "$loss" 1+4; done
for strategy in 2 3; do supervised "$strategy" softmax "$strategy"; done
for strategy in 1+4 1 4 2 3; do one_pass "$strategy" softmax "$strategy"; done
for loss in infogain1 infogain3; do supervised "$loss" "$loss" 1+4; done
"$dslt" eval "$results"/boxes/runs/* --dataset vot --root "$results/boxes/set" --protocol vot --year "${YEAR:-VOT2016}" \
  --per-sequence >"$results/tables.txt"
