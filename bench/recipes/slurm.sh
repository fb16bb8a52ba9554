#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dslt run as a Slurm array: one task a shard, all into one shared folder.
#
#   sbatch --array=0-7 --export=ALL,ROOT=/data/OTB100,OUT=/shared/results/DSLT bench/recipes/slurm.sh
#
# Set SHARDS when the array is not 0..7; a task that failed is submitted again alone (sbatch --array=3 ...) and goes on where
# it stopped. --signal sends SIGTERM before the time limit, which ends the run cleanly.
#SBATCH --job-name=dslt
#SBATCH --cpus-per-task=4
#SBATCH --mem=6G
#SBATCH --time=12:00:00
#SBATCH --signal=TERM@60
#SBATCH --requeue
set -eu
: "${ROOT:?is the folder of the set}" "${OUT:?is the shared folder of results}"
exec srun "${DSLT:-dslt}" run --dataset "${DATASET:-otb100}" --root "$ROOT" --out "$OUT" \
  --weights "${WEIGHTS:-slim}" --jobs "${SLURM_CPUS_PER_TASK:-1}" --shard "auto/${SHARDS:-8}" "$@"
