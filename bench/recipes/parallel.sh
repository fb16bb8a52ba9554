#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dslt run by GNU parallel: SHARDS shards on this machine, or one at a time on each host named.
#
#   ROOT=/data/OTB100 OUT=/shared/results/DSLT bench/recipes/parallel.sh SHARDS [HOST...]
#
# Hosts need dslt, the set, the weights (WEIGHTS=FILE; slim unless given) and the results' folder under the same paths. A shard that fails is tried three times;
# the same command again does what is left.
set -eu
shards=${1:?is the number of shards}
shift
: "${ROOT:?is the folder of the set}" "${OUT:?is the folder of results}"
command -v parallel >/dev/null || { echo "GNU parallel is not installed: apt-get install parallel" >&2; exit 1; }
hosts=$(IFS=,; echo "$*")
seq "$shards" | parallel ${hosts:+--sshlogin "$hosts"} --jobs "${JOBS_PER_HOST:-1}" --retries 3 --line-buffer --tag \
  "${DSLT:-dslt}" run --dataset "${DATASET:-otb100}" --root "$ROOT" --out "$OUT" --weights "${WEIGHTS:-slim}" \
  --jobs "${JOBS:-1}" --shard "{}/$shards"
