# SPDX-License-Identifier: Apache-2.0
# For scripts that run one check after another (bash): `step NAME COMMAND...` runs and times it, `finish` prints the table,
# then the closing lines of the last step's tests again. The first step that fails ends the script, with the table.

steps_names=() steps_seconds=()
steps_log=$(mktemp)
trap 'rm -f "$steps_log"' EXIT

step() {
  local name=$1 begin=$SECONDS code=0
  shift
  printf '\n== %s\n' "$name"
  { "$@" 2>&1 | tee "$steps_log"; } || code=$?
  steps_names+=("$name")
  steps_seconds+=($((SECONDS - begin)))
  [ "$code" = 0 ] && return
  steps_names[-1]+=" (FAILED)"
  finish
  exit "$code"
}

finish() {
  local i
  printf '\n== time of each step, on %s cores of %s\n' "$(nproc)" "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
  for i in "${!steps_names[@]}"; do
    printf '%4d:%02d  %s\n' $((steps_seconds[i] / 60)) $((steps_seconds[i] % 60)) "${steps_names[i]}"
  done
  printf '%4d:%02d  in all\n\n' $((SECONDS / 60)) $((SECONDS % 60))
  sed -n '/% tests passed/,$p' "$steps_log"
}
