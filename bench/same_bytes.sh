#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Do two commits track alike? Builds both, tracks the same sequences with both in turn, compares the columns that
# both results have byte by byte (boxes, peaks, losses), and prints the times and the largest memory of each pair beside each other.
#
#   bench/same_bytes.sh BEFORE [AFTER]           AFTER defaults to the working tree
#
# Environment: SEQUENCES (default "Crossing Jumping MotorRolling"), PRESETS (default "dslt paper released"; BEFORE:AFTER
# where a preset changed its name, as default:dslt did), FRAMES (default 0 = all; presets paper and released are slow),
# RUNS (pairs timed per row, default 1), OTB_ROOT (default ../shared/data/sequences/otb), WORK (a folder for builds that is kept; default: a temporary one).
# Exit 1 where a byte differs. Ratios are medians over the pairs; a machine that does other work meanwhile makes them wide.
set -eu
before=${1:?usage: bench/same_bytes.sh BEFORE [AFTER]}
after=${2:-}
here=$(cd "$(dirname "$0")/.." && pwd)
root=${OTB_ROOT:-../shared/data/sequences/otb}
cd "$here"
[ -d "$root" ] || { echo "same_bytes: $root is not there; set OTB_ROOT." >&2; exit 1; }
root=$(cd "$root" && pwd)
work=${WORK:-$(mktemp -d)}
mkdir -p "$work"
work=$(cd "$work" && pwd)
[ -n "${WORK:-}" ] || trap 'rm -rf "$work"' EXIT

build() { # NAME COMMIT: a clone of the commit (or the working tree) in $work/NAME, built for the CPU
  name=$1 commit=$2 source=$here
  if [ -n "$commit" ]; then
    source=$work/$name
    if [ -d "$source" ]; then git -C "$source" fetch -q; else git clone -q "$here" "$source"; fi
    git -C "$source" checkout -q "$commit"
  fi
  launcher=
  if command -v ccache >/dev/null; then launcher="-D CMAKE_C_COMPILER_LAUNCHER=ccache -D CMAKE_CXX_COMPILER_LAUNCHER=ccache"; fi
  # shellcheck disable=SC2086
  cmake -S "$source" -B "$work/build-$name" -G Ninja -D CMAKE_BUILD_TYPE=Release -D DSLT_WITH_CUDA=OFF -D DSLT_BUILD_TESTS=OFF \
    $launcher >/dev/null
  cmake --build "$work/build-$name" --target dslt >/dev/null
}
build before "$(git rev-parse "$before")"
build after "${after:+$(git rev-parse "$after")}"

track() { # NAME SEQUENCE PRESET RUN [ITS NAME THERE]
  limit=
  [ "${FRAMES:-0}" = 0 ] || limit="--frames $FRAMES"
  # shellcheck disable=SC2086
  python3 bench/peak_memory.py "$work/$1.memory" \
    "$work/build-$1/dslt" track "$root/$2/img" --box "otb:$root/$2/groundtruth_rect.txt" --preset "${5:-$3}" $limit \
    --format csv --out "$work/$1-$2-$3.csv" --summary "$work/$1-$2-$3.$4.summary" --quiet
  mv "$work/$1.memory" "$work/$1-$2-$3.$4.memory"
}

failed=0
grep -m1 'model name' /proc/cpuinfo 2>/dev/null | sed 's/.*: //; s/^/processor: /' || true
echo "| sequence | preset | boxes | frames/s before | after | after / before | MiB before | after |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
for sequence in ${SEQUENCES:-Crossing Jumping MotorRolling}; do
  for preset in ${PRESETS:-dslt paper released}; do
    then=${preset%%:*} preset=${preset##*:}
    same=equal
    for run in $(seq "${RUNS:-1}"); do
      track before "$sequence" "$preset" "$run" "$then"
      track after "$sequence" "$preset" "$run"
      if ! python3 bench/same_columns.py "$work/before-$sequence-$preset.csv" "$work/after-$sequence-$preset.csv"; then
        same=DIFFERENT failed=1
      fi
    done
    python3 - "$work" "$sequence" "$preset" "$same" "${RUNS:-1}" <<'PYTHON'
import json, statistics, sys
work, sequence, preset, same, runs = sys.argv[1:]

def values(name):
    fps, mib = [], []
    for run in range(1, int(runs) + 1):
        stem = f"{work}/{name}-{sequence}-{preset}.{run}"
        fps.append(json.load(open(stem + ".summary"))["fps"])
        mib.append(int(open(stem + ".memory").read()) / 1024)
    return fps, mib

(a, ma), (b, mb) = values("before"), values("after")
ratio = statistics.median(y / x for x, y in zip(a, b))
print(f"| {sequence} | {preset} | {same} | {statistics.median(a):.2f} | {statistics.median(b):.2f} | {ratio:.3f} "
      f"| {statistics.median(ma):.0f} | {statistics.median(mb):.0f} |", flush=True)
PYTHON
  done
done
exit $failed
