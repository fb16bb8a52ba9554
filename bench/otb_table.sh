#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One table over the OTB targets at hand: our presets, random weights, OpenCV's trackers; accuracy and speed.
#
#   bench/otb_table.sh [DSLT] [RESULTS]          half an hour on two idle cores; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/otb10. Sequences: ../shared/data/sequences/otb, or the folder
# named by OTB_ROOT. Result boxes and times land in RESULTS/boxes (not committed: they follow third-party videos), the
# tables in RESULTS. Needs Debian's python3-opencv for the peers; PYTHON names the interpreter that has it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dslt=${1:-build/dslt}
results=${2:-bench/results/otb10}
root=${OTB_ROOT:-../shared/data/sequences/otb}
python=${PYTHON:-/usr/bin/python3}
[ -d "$root" ] || { echo "otb_table: $root is not there; set OTB_ROOT." >&2; exit 1; }
boxes=$results/boxes
mkdir -p "$boxes"
names=$("$python" -c '
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from opencv_trackers import sequences
print(",".join(s[0] for s in sequences(pathlib.Path(sys.argv[2]))))' "$here/peers" "$root")

ours() { # NAME OPTION...
  name=$1
  shift
  "$dslt" run --dataset otb100 --root "$root" --sequences "$names" --out "$boxes/$name" "$@"
}
ours DSLT-default --jobs 1 --threads 0
ours DSLT-default-f32 --precision f32 --jobs 1 --threads 0
ours DSLT-default-random --weights random:vgg16/4
ours DSLT-paper --preset paper
"$python" "$here/peers/opencv_trackers.py" --root "$root" --out "$boxes" --sequences "$names"
ours DSLT-released --preset released --precision bf16 # four times the cells: in float32 it takes twice as long

published=
for folder in ../shared/data/otb-results/*; do
  if [ -d "$folder" ]; then published="$published $folder"; fi
done
# shellcheck disable=SC2086
"$dslt" eval "$boxes"/* $published --dataset otb100 --root "$root" --sequences "$names" \
  --json "$results/scores.json" --csv "$results/scores.csv" --markdown "$results/scores.md" --per-sequence
"$python" "$here/otb_speed.py" "$boxes" "$results/speed.json"
"$python" "$here/otb_readme.py" "$results" >"$results/table.md"
cat "$results/table.md"
