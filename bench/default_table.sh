#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What each part of preset `default` is worth: change one at a time, with several seeds, on the sequences for choosing
# settings, on the same with small targets and on the same turned by 3 degrees a frame.
#
#   bench/default_table.sh [DSLT] [RESULTS]      a quarter of an hour on two idle cores; goes on where it was stopped
#
# DSLT defaults to build/dslt, RESULTS to bench/results/default. SEEDS (default "1 2 3"), SHARED (default ../shared/data);
# PYTHON has OpenCV and NumPy (bench/vary_set.py needs them). Boxes land in RESULTS/boxes (not committed: they follow
# third-party videos), the table in RESULTS/effects.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dslt=${1:-build/dslt}
results=${2:-bench/results/default}
selection=${SHARED:-../shared/data}/selection
[ -d "$selection" ] || { echo "default_table: $selection is not there; set SHARED." >&2; exit 1; }
boxes=$results/boxes
mkdir -p "$boxes"
if [ ! -d "$boxes/small-targets" ]; then
  "${PYTHON:-python3}" "$here/vary_set.py" "$selection" "$boxes/part" --side 20 >/dev/null
  mv "$boxes/part" "$boxes/small-targets"
fi
if [ ! -d "$boxes/turned-frames" ]; then
  "${PYTHON:-python3}" "$here/vary_set.py" "$selection" "$boxes/part" --turn 3 >/dev/null
  mv "$boxes/part" "$boxes/turned-frames"
fi

root_of() { # SET
  case $1 in
    selection) echo "$selection" ;;
    reduced) echo "$boxes/small-targets" ;;
    turned) echo "$boxes/turned-frames" ;;
  esac
}

run() { # NAME KEY=VALUE...
  name=$1
  shift
  settings=
  for setting; do settings="$settings --set $setting"; done
  for seed in ${SEEDS:-1 2 3}; do
    for set in selection reduced turned; do
      # shellcheck disable=SC2086
      "$dslt" run --dataset folder --root "$(root_of $set)" --out "$boxes/$set/$name.$seed" --seed "$seed" --quiet $settings
    done
  done
}
run default
run no-regression blend=0
run half-regression blend=0.5
run every-frame update_interval=1
run never-updated update_interval=0
run at-once update_spread=1
run no-window window=0
run wide-window window=0.5
run no-shape-penalty shape_penalty=0
run slow-size size_rate=0.4
run no-fit box_fit=0
run no-hold lost_hold=0
run no-seek seek_after=0
run no-doubt doubt=0
run fixed-template template_rate=0
run fast-template template_rate=0.5
run trusted-template template_trust=0.9
run float32 precision=f32
for set in selection reduced turned; do
  "$dslt" eval "$boxes/$set"/* --dataset folder --root "$(root_of $set)" --json "$boxes/$set.json" >/dev/null
done
"${PYTHON:-python3}" "$here/default_effects.py" "$boxes/selection.json" "$boxes/reduced.json" "$boxes/turned.json" \
  >"$results/effects.md"
cat "$results/effects.md"
