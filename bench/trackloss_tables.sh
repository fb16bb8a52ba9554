#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tables 1 and 2 of "Tracking Loss" (2018) on sequences at hand, by VOT's protocol: dslt ablate over VOT's and OTB's.
#
#   bench/trackloss_tables.sh [DSLT] [RESULTS]      hours on two idle cores; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/trackloss. SHARED (default ../shared/data) holds sequences/otb and
# sequences/vot; OTB's with one target are linked into a folder of VOT's layout beside VOT's own. MORE is added to dslt ablate
# ("--jobs 1 --frames 60 --year 2019 --sequences bag,Crossing"). Links and boxes land in RESULTS/boxes (not committed: they
# follow third-party videos), the tables in RESULTS/tables.md.
set -eu
dslt=${1:-build/dslt}
results=${2:-bench/results/trackloss}
sequences=$(cd "${SHARED:-../shared/data}/sequences" && pwd)
[ -d "$sequences/vot" ] || { echo "trackloss_tables: $sequences/vot is not there; set SHARED." >&2; exit 1; }
mkdir -p "$results/boxes/set"

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

# shellcheck disable=SC2086  # MORE holds several words
"$dslt" ablate --paper trackloss --dataset vot --root "$results/boxes/set" ${MORE:-} -o "$results/boxes/runs"
cp "$results/boxes/runs/ablation.md" "$results/tables.md"
