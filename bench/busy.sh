#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How the tracker fares beside other work: frames per second with 0, 1 and 2 busy processes, for several ways in which its
# threads may wait for each other.
#
#   bench/busy.sh [DSLT]
set -eu
dslt=${1:-build/dslt}
work=$(mktemp -d)
busy=
trap 'rm -rf "$work"; [ -z "$busy" ] || kill $busy' EXIT
"$dslt" weights random --arch vgg16/4 --seed 1 -o "$work/w.safetensors" >/dev/null
measure() { # environment... -> frames per second
  env "$@" "$dslt" track scene:1 --frames 40 -w "$work/w.safetensors" --quiet --summary "$work/s.json"
  sed -n 's/.*"fps": *\([0-9.]*\).*/\1/p' "$work/s.json"
}
printf '%-16s %12s %12s %12s %12s\n' "busy processes" "dslt's own" "spin (gcc's)" passive "one thread"
for load in 0 1 2; do
  busy=
  for _ in $(seq $load); do
    sh -c 'while :; do :; done' &
    busy="$busy $!"
  done
  printf '%-16s %12.1f %12.1f %12.1f %12.1f\n' $load "$(measure A=)" "$(measure GOMP_SPINCOUNT=300000)" \
    "$(measure OMP_WAIT_POLICY=passive)" "$(measure OMP_NUM_THREADS=1)"
  # shellcheck disable=SC2086
  [ -z "$busy" ] || kill $busy
  busy=
done
