#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real sequences: a run killed with SIGKILL at ten random moments and resumed, and four shards of which one is killed and
# started again, must both give the bytes of an undisturbed run. Every set gets its own ten kills.
#
#   bench/resume.sh [DSLT] [FRAMES] [WEIGHTS]
#
# DSLT defaults to build/dslt, FRAMES (of each sequence at most; 0 = all) to 0, WEIGHTS to slim. The sets are those of
# ../shared/data/sequences, or SETS="KIND=FOLDER ..."; PRESET, JOBS and SEED (of the moments, default 1) are taken from the
# environment. Prints what happened; exit code 0 only when all bytes agree.
set -euo pipefail
dslt=$(realpath "${1:-build/dslt}")
frames=${2:-0}
weights=${3:-slim}
shared=../shared/data/sequences
sets=${SETS:-otb100=$shared/otb vot=$shared/vot uav123_10fps=$shared/uav123}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
limit=()
[ "$frames" = 0 ] || limit=(--frames "$frames")
jobs=${JOBS:-$(nproc)}
RANDOM=${SEED:-1}

# Boxes and losses; times and the manifest's date differ by nature.
same() { # OUT WHAT
  diff -r --exclude=times --exclude=manifest.json --exclude='*_time.txt' "$work/undisturbed" "$1" || exit 1
  echo "$2: the same bytes"
  [ ! -e "$1/.partial" ] || { echo "$2: .partial is left" >&2; exit 1; }
}

done_in() { if [ -d "$1/losses" ]; then find "$1/losses" -name "*.json" | wc -l; else echo 0; fi; }
now() { date +%s.%N; }

# All of it for one set; run[] is the command without --out.
check() {
  rm -rf "${work:?}"/*
  local begin took kill child code state shard children=()
  begin=$(now)
  "${run[@]}" --out "$work/undisturbed" --jobs "$jobs"
  took=$(echo "$(now) - $begin" | bc)
  echo "undisturbed: $(done_in "$work/undisturbed") sequences, $took s"

  kill=0
  while [ "$kill" -lt 10 ]; do
    "${run[@]}" --out "$work/killed" --jobs "$jobs" &
    child=$!
    sleep "$(echo "$took * $RANDOM / 32768 * 0.7" | bc -l)"
    kill -KILL $child 2>/dev/null || true # a child that has ended can be "killed" too: its exit code tells
    code=0
    wait $child 2>/dev/null || code=$?
    if [ "$code" = 137 ]; then
      kill=$((kill + 1)) state=killed
    else
      state="had finished"
    fi
    echo "kill $kill: $state with $(done_in "$work/killed") sequences done"
    if [ "$state" != killed ]; then # once more from the start, so that there is something to kill
      same "$work/killed" "finished between kills"
      rm -rf "$work/killed"
    fi
  done
  "${run[@]}" --out "$work/killed" --jobs "$jobs"
  same "$work/killed" "ten kills"

  for shard in 1 2 3 4; do
    "${run[@]}" --out "$work/shards" --jobs 1 --shard $shard/4 &
    children+=($!)
  done
  sleep "$(echo "$took / 8" | bc -l)"
  kill -KILL "${children[0]}" && echo "shard 1 of 4 killed"
  for child in "${children[@]}"; do wait "$child" || true; done
  "${run[@]}" --out "$work/shards" --jobs 1 --shard 1/4
  same "$work/shards" "four shards, one lost"
}

uname -srm
for set in $sets; do
  kind=${set%%=*} root=${set#*=}
  [ -d "$root" ] || { echo "resume.sh: $root is not there" >&2; exit 1; }
  echo "== $kind in $root"
  # An array and not a function: the signal must reach dslt itself, not a subshell around it.
  run=("$dslt" run --dataset "$kind" --root "$root" --weights "$weights" --quiet --threads 1
    ${PRESET:+--preset "$PRESET"} "${limit[@]}")
  check
done
