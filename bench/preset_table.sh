#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What each departure of preset `dslt` from `paper` is worth: undo one at a time, score the OTB targets at hand.
#
#   bench/preset_table.sh [DSLT] [RESULTS]       a quarter of an hour on two idle cores; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/presets. Boxes land in RESULTS/boxes, the scores in
# RESULTS/scores.md. Sequences: ../shared/data/sequences/otb, or the folder named by OTB_ROOT.
set -eu
dslt=${1:-build/dslt}
results=${2:-bench/results/presets}
root=${OTB_ROOT:-../shared/data/sequences/otb}
[ -d "$root" ] || { echo "preset_table: $root is not there; set OTB_ROOT." >&2; exit 1; }
names=Car4,Couple,Crossing,Freeman1,Jogging-1,Jogging-2,Jumping,MotorRolling,Skiing,Woman

run() { # NAME KEY=VALUE...
  name=$1
  shift
  settings=
  for setting; do settings="$settings --set $setting"; done
  # shellcheck disable=SC2086
  "$dslt" run --dataset otb100 --root "$root" --sequences $names --preset dslt --out "$results/boxes/$name" $settings
}
run default
run paper-search-area search_square=0 search_width=8 search_height=4 frame_scale_side=80 search_min_area=40000 \
  search_max_area=0
run paper-reduction train_reduction=1
run paper-label label_min_sigma=0
run paper-first-frame init_stop_change=0.001
run paper-subcell subcell=quadratic
run paper-scale-order scale_joint=0
run paper-scale-step scale_step=1.03
run paper-scale-gate scale_gate=0.35 scale_gate_ratio=0
run no-scale-penalty scale_penalty=1
run no-hold lost_hold=0
run no-grace lost_grace=0
"$dslt" eval "$results"/boxes/* --dataset otb100 --root "$root" --sequences $names --markdown "$results/scores.md" \
  --json "$results/scores.json" --per-sequence
python3 "$(dirname "$0")/preset_effects.py" "$results/scores.json" >"$results/effects.md"
cat "$results/effects.md"
