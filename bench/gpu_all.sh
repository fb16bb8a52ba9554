#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything that needs a GPU, in one go, within 5 minutes, the most valuable first: builds without OpenCV and oneDNN, tests
# and CPU against GPU boxes, speed beside PyTorch, the same bytes twice, kernels beside the ceiling, sanitizers, profiles.
# Written into bench/results/GPU-DATE/ (what is in there: bench/README.md); a step that fails is recorded with its last words
# and the rest goes on; one that was not run, for lack of time or because the script was stopped, is named.
#
#   bench/gpu_all.sh               on the GPU machine, from the repository's root; exit code: how many steps failed
#   bench/gpu_all.sh --more        afterwards, if there is time for a second call of as many seconds: other precisions, without
#                                  cuDNN, without graphs, more sanitizers and profiles; with the same build, or one of its own
#   bench/gpu_all.sh --plan        what would run and how long each step is expected to take; fails if that is more than BUDGET.
#                                  With --more before it: of the second call
#   bench/gpu_all.sh --prepare     beforehand, on a Debian machine with network: puts what a bare machine lacks (jansson,
#                                  GoogleTest, pkg-config) and 60 frames of Crossing and MotorRolling, where they are at
#                                  hand, into .gpu/, which is carried along
#   bench/gpu_all.sh --rehearse    on any machine with the CUDA toolkit: the same steps on an emulated GPU, with small
#                                  networks and few frames; what needs a real GPU fails and says so
#
# Needs there: the CUDA toolkit, cmake, a C++ compiler, python3 with PyTorch, numpy and Pillow; cuDNN beside the toolkit or in
# Python. SEQUENCES=DIR: folders Crossing and MotorRolling with img/ and groundtruth_rect.txt (default .gpu/sequences, then
# ../shared/data/sequences/otb), else rendered frames stand in. BUDGET=300: seconds in all; PATIENCE=1: factor on every step's
# seconds, for slow machines. BUILD=build/gpu. RESULTS=bench/results. With OUT=FOLDER
# the results are put there as well, as results.tar.gz, after every phase and when the script is stopped.
set -u
cd "$(dirname "$0")/.." || exit 1
here=$PWD
budget=${BUDGET:-300}
more=
[ "${1:-}" = --more ] && more=1 && shift
case "${1:-}" in
  "" | --plan | --prepare | --rehearse) ;;
  *) echo "$0 knows no $1; its first lines say what it knows." >&2; exit 2 ;;
esac

# ---- the plan --------------------------------------------------------------------------------------

# Each step in order of worth: phase, lane, name, seconds expected on 16 cores and an H200, seconds at most. Phases follow one
# another; the lanes of a phase run at the same time, but where the clock matters there is one. Small things that start the
# same program share a step. A step whose expected time is more than twice what is left does not begin.
first_call='
1 a configure              10   30
1 a build                  35  110
1 a material                8   30
2 a first_light             5   20
2 a agree_default          14   40
2 a agree_narrow           14   40
2 a twice_paper             8   25
2 a twice_default           8   25
2 b build_tests            40   90
2 b tests_kernels           8   30
2 b tests_backend          25   90
3 a speed_paper_bf16        9   25
3 a speed_default           6   15
3 a speed_dslt              6   15
3 a speed_released          9   25
3 a torch_bf16             50   70
3 a kernels                25   50
4 a sanitize_memcheck      30   45
4 b sanitize_no_graphs     25   45
4 c sanitize_racecheck     30   45
5 a profile_ncu            20   40
'
second_call='
1 a configure              10   30
1 a build                  35  110
1 a material                8   30
2 a build_tests            40   90
3 a speed_paper_tf32        8   25
3 a speed_paper_f32         8   25
3 a speed_paper_no_cudnn    8   25
3 a speed_paper_no_graphs   8   25
3 a speed_paper_head_cudnn  8   25
3 a speed_paper_head_best   8   25
3 a torch_f32              45   60
4 a sanitize_initcheck     30   60
4 b sanitize_own           30   60
5 a profile_nsys           15   40
5 a trace_nsys             12   30
'
plan=$first_call
[ -n "$more" ] && plan=$second_call
# The longest lane of every phase, added up.
expected() {
  echo "$plan" | awk 'NF { lane[$1, $2] += $4; if (lane[$1, $2] > longest[$1]) longest[$1] = lane[$1, $2] }
    END { for (phase in longest) sum += longest[phase]; print sum + 0 }'
}
# seconds_of STEP: expected, at most.
seconds_of() { echo "$plan" | awk -v step="$1" '$3 == step { print $4, $5 }'; }
show_plan() {
  echo "$plan" | awk 'NF { printf "phase %d, lane %s: %-21s %3d s, at most %3d s\n", $1, $2, $3, $4, $5 }'
  echo "expected in all: $(expected) s of $budget s"
}
if [ "${1:-}" = --plan ]; then
  show_plan
  [ "$(expected)" -le "$budget" ] && exit 0
  echo "That is too much: shorten steps, or leave some to --more." >&2
  exit 1
fi

if [ "${1:-}" = --prepare ]; then
  rm -rf .gpu && mkdir -p .gpu/deb && cd .gpu/deb || exit 1
  apt-get download libjansson-dev libjansson4 libgtest-dev pkgconf-bin libpkgconf3 || exit 1
  for package in *.deb; do dpkg -x "$package" .. || exit 1; done
  cd .. && rm -rf deb usr/share/doc usr/share/man usr/share/lintian usr/src
  otb=${SEQUENCES:-$here/../shared/data/sequences/otb}
  for name in Crossing MotorRolling; do
    [ -f "$otb/$name/groundtruth_rect.txt" ] || { echo "$otb/$name is not there: rendered frames will stand in"; continue; }
    mkdir -p "sequences/$name/img" && cp "$otb/$name/groundtruth_rect.txt" "sequences/$name/" || exit 1
    find "$otb/$name/img" -type f | sort | head -60 | xargs -I{} cp {} "sequences/$name/img/" || exit 1
  done
  echo "ready: $(du -sh . | cut -f1) in .gpu, to be carried (git must ignore it: echo /.gpu/ >> .git/info/exclude)"
  exit 0
fi

rehearse=
[ "${1:-}" = --rehearse ] && rehearse=1
begin=$(date +%s)
build=${BUILD:-build/gpu}
jobs=${JOBS:-$(nproc)}
for folder in /usr/local/cuda/bin /opt/nvidia/nsight-compute/*/ /usr/local/cuda/nsight-compute*/; do
  [ -d "$folder" ] && PATH=$PATH:${folder%/}
done
gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -1)
capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -cd '[:digit:]')
name=$(echo "${gpu:-no-gpu}" | tr -cs '[:alnum:]\n' '-' | tr '[:upper:]' '[:lower:]' | sed 's/-*$//')
[ -n "$rehearse" ] && name=rehearsal
out=${RESULTS:-bench/results}/$name-$(date +%F)${more:+-more}
work=$build/work
mkdir -p "$out" "$build/bin" "$work/running"
build=$(cd "$build" && pwd)
work=$build/work
rm -f "$out"/* "$work"/running/*
: >"$out/steps.txt"
export XDG_CACHE_HOME=$build/cache OMP_WAIT_POLICY=passive PYTHONUNBUFFERED=1
mkdir -p "$XDG_CACHE_HOME"
hints=
if [ -d .gpu/usr ]; then
  lib=$(echo "$here"/.gpu/usr/lib/*-linux-gnu)
  hints="-DCMAKE_PREFIX_PATH=$here/.gpu/usr -DGTest_DIR=$lib/cmake/GTest"
  export PKG_CONFIG_LIBDIR=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$here/.gpu LD_LIBRARY_PATH=$lib:${LD_LIBRARY_PATH:-}
  command -v pkg-config >/dev/null || ln -sf "$here/.gpu/usr/bin/pkgconf" "$build/bin/pkg-config"
  export PATH=$PATH:$build/bin
fi
# A toolkit without cuBLAS: Python's packages bring it.
toolkit=$(dirname "$(dirname "$(readlink -f "$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)")")")
if ! find "$toolkit"/ -name cublas_v2.h 2>/dev/null | grep -q .; then
  cublas=$(python3 -c 'import glob, nvidia
for root in nvidia.__path__:
    print(*glob.glob(root + "/*/include/cublas_v2.h"), sep="\n")' 2>/dev/null | head -1)
  if [ -n "$cublas" ]; then
    cublas=$(dirname "$cublas")
    hints="$hints -DDSLT_CUBLAS_INCLUDE_DIR=$cublas"
    export CPATH=$cublas LD_LIBRARY_PATH=${cublas%/include}/lib:${LD_LIBRARY_PATH:-}
  fi
fi

# ---- steps -----------------------------------------------------------------------------------------

# What did not even begin.
name_missing() {
  local label
  for label in $(echo "$plan" | awk '{ print $3 }'); do
    grep -qE "^(ok|FAILED|NOT RUN) +$label([ :]|\$)" "$out/steps.txt" || echo "NOT RUN $label" >>"$out/steps.txt"
  done
}

# step NAME COMMAND...: run it, keep what it prints, note how it went.
step() {
  local label=$1 usual limit left rc=0 from words
  shift
  read -r usual limit < <(seconds_of "$label")
  [ -n "${limit:-}" ] || { echo "FAILED  $label: it is not in the plan" | tee -a "$out/steps.txt"; return 1; }
  usual=$((usual * ${PATIENCE:-1})) limit=$((limit * ${PATIENCE:-1})) left=$((budget - ($(date +%s) - begin)))
  if [ "$left" -lt 5 ] || [ $((2 * left)) -lt "$usual" ]; then
    echo "NOT RUN $label: out of time" | tee -a "$out/steps.txt"
    return 1
  fi
  [ "$limit" -gt "$left" ] && limit=$left
  from=$(date +%s)
  touch "$work/running/$label"
  # In the background, so that a signal to this script is not put off until the step ends.
  timeout -k 5 "$limit" "$@" >"$out/$label.txt" 2>&1 &
  wait $! || rc=$?
  rm -f "$work/running/$label"
  # A compiler's first error tells more than its last line.
  words=$( { grep -m1 -iE '(^|[^[:alnum:]])(fatal )?error( at .*)?:' "$out/$label.txt" ||
    grep -v '^[[:space:]]*$' "$out/$label.txt" | tail -1; } | tr -cd '[:print:]' | cut -c1-200)
  [ "$rc" = 124 ] && words="stopped after its $limit s; last words: $words"
  if [ "$rc" = 0 ]; then
    echo "ok      $label ($(($(date +%s) - from)) s)" | tee -a "$out/steps.txt"
  else
    echo "FAILED  $label (exit $rc, $(($(date +%s) - from)) s): ${words:-it said nothing}" | tee -a "$out/steps.txt"
  fi
  return "$rc"
}
# lane FUNCTION: its steps beside those of other lanes, until `wait`.
lane() {
  (
    trap - EXIT
    # shellcheck disable=SC2046
    trap 'kill $(jobs -p) 2>/dev/null; exit 1' TERM INT HUP
    "$1"
  ) &
}
# wanted STEP: is it in this call's plan?
wanted() { [ -n "$(seconds_of "$1")" ]; }

# has TOOL STEP...: is it here? If not, those steps are not run, with the reason.
has() {
  local tool=$1 label
  shift
  case $tool in
    PyTorch) python3 -c 'import torch' 2>/dev/null && return 0 ;;
    *) command -v "$tool" >/dev/null && return 0 ;;
  esac
  for label; do
    wanted "$label" && echo "NOT RUN $label: no $tool here" | tee -a "$out/steps.txt"
  done
  return 1
}

# What comes back from a borrowed machine is a handful of files.
pack() {
  python3 bench/gpu_report.py "$out" >"$out/README.md" 2>"$build/report.txt" || cat "$build/report.txt" >>"$out/README.md"
  [ -n "${OUT:-}" ] || return 0
  tar -czf "$OUT/results.tar.gz.new" -C "$(dirname "$out")" "$(basename "$out")" &&
    mv "$OUT/results.tar.gz.new" "$OUT/results.tar.gz"
  cp "$out/steps.txt" "$out/README.md" "$OUT/"
}
# The exit code is the number of steps that did not succeed, and never 0 after a signal or without any step.
finish() {
  trap - EXIT
  trap '' TERM INT HUP
  # shellcheck disable=SC2046
  kill $(jobs -p) 2>/dev/null
  for label in "$work"/running/*; do
    [ -e "$label" ] && echo "FAILED  $(basename "$label") (stopped from outside)" >>"$out/steps.txt"
  done
  name_missing
  pack
  cat "$out/README.md"
  local bad
  bad=$(grep -vc '^ok' "$out/steps.txt")
  grep -q '^ok' "$out/steps.txt" || bad=$((bad + 1))
  exit $((bad > 100 ? 100 : bad))
}
trap finish EXIT
trap 'exit 1' TERM INT HUP
show_plan

# ---- build -----------------------------------------------------------------------------------------

{
  nvidia-smi || echo "no nvidia-smi: no GPU"
  nvcc --version || echo "no nvcc"
  uname -srm; nproc; ${CXX:-c++} --version | head -1; cmake --version | head -1
  python3 -c 'import sys, torch; print("python", sys.version.split()[0], "torch", torch.__version__)' || echo "no torch"
  for tool in ncu nsys compute-sanitizer pkg-config ninja; do echo "$tool: $(command -v $tool || echo missing)"; done
} >"$out/machine.txt" 2>&1
generator=$(command -v ninja >/dev/null && echo Ninja || echo "Unix Makefiles")
tests=ON
configure() {
  # shellcheck disable=SC2086
  cmake -S . -B "$build" -G "$generator" -DDSLT_WITH_CUDA=ON -DDSLT_WITH_OPENCV=OFF -DDSLT_WITH_ONEDNN=OFF \
    -DDSLT_WITH_LIBCRYPTO=OFF -DDSLT_CUDA_ARCHITECTURES="${capability:-90}" -DDSLT_BUILD_TESTS=$tests $hints ${CMAKE_ARGS:-}
}
export -f configure
export build generator tests capability hints
if ! step configure bash -c configure; then
  tests=OFF # most likely GoogleTest is missing
  rm -f "$build/CMakeCache.txt"
  plan="$plan
1 a configure_without_tests 10 60"
  step configure_without_tests bash -c configure || exit
fi
program=$([ -n "$rehearse" ] && echo dslt_emulated || echo dslt)
# First what everything else needs.
step build cmake --build "$build" -j "$jobs" --target "$program" dslt_scene_frames || { tail -40 "$out/build.txt"; exit; }
dslt=$build/$program

# ---- what it is tried on ---------------------------------------------------------------------------

if [ -n "$rehearse" ]; then
  frames=4 fast_frames=4 torch_frames=3 repeat=1 arch=vgg16/16 sizes="96x72 96x72"
  small="--set search_min_area=1000 --set search_max_area=2000 --set reduce_channels=4 --set init_steps=3 --set memory=2"
else
  frames=60 fast_frames=100 torch_frames=40 repeat=3 arch=vgg16 sizes="360x240 640x480" small=
fi
sequences=${SEQUENCES:-$here/.gpu/sequences}
[ -d "$sequences" ] || sequences=$here/../shared/data/sequences/otb
# This build reads PPM alone.
unpack() {
  python3 - "$@" <<'PY'
import pathlib, shutil, sys
from PIL import Image
source, to, count = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
(to / "img").mkdir(parents=True, exist_ok=True)
for picture in sorted((source / "img").iterdir())[:count]:
    Image.open(picture).convert("RGB").save(to / "img" / (picture.stem + ".ppm"))
shutil.copy(source / "groundtruth_rect.txt", to)
PY
}
# Weights, rendered frames and sequences. The second scene's search area is 448 x 320 pixels, as many as 360 x 400.
material() {
  local sequence rc=0
  "$dslt" info
  "$dslt" weights random --arch $arch -o "$work/vgg16.safetensors" || rc=1
  "$build/dslt_scene_frames" "scene:1:$1" "$frames" "$work/small" || rc=1
  "$build/dslt_scene_frames" "scene:2:$2" "$fast_frames" "$work/large" || rc=1
  for sequence in Crossing MotorRolling; do
    [ -d "$sequences/$sequence/img" ] || continue
    unpack "$sequences/$sequence" "$work/$(echo $sequence | tr '[:upper:]' '[:lower:]')" "$frames" || rc=1
  done
  return $rc
}

# track FOLDER BACKEND OUT OPTIONS...
track() {
  local folder=$1 backend=$2 to=$3
  shift 3
  "$dslt" track "$folder/img" --box "otb:$folder/groundtruth_rect.txt" --backend "$backend" --format json --out "$to.json" \
    --summary "$to.summary.json" -q "$@"
}
# compare A B PIXELS: the largest distance between two files of boxes.
compare() {
  python3 - "$@" <<'PY'
import json, sys
boxes = lambda path: [[row[k] for k in ("x", "y", "width", "height")] for row in json.load(open(path))["frames"]]
a, b = boxes(sys.argv[1]), boxes(sys.argv[2])
apart = [abs(p - q) for x, y in zip(a, b) for p, q in zip(x, y)]
worst = max((d if d == d else float("inf") for d in apart), default=float("inf"))  # max() may pass over NaN
print(f"{len(a)} and {len(b)} frames, largest distance {worst:.6f} px, allowed {sys.argv[3]}")
sys.exit(len(a) != len(b) or not worst <= float(sys.argv[3]))
PY
}
agree() { # NAME OPTIONS...: on every folder; the CPU's boxes are being made meanwhile
  local label=$1 folder to rc=0
  shift
  for folder in $folders; do
    to=$work/${label}_$(basename "$folder")
    track "$folder" cuda "$to-gpu" "$@" || rc=1
    while [ ! -e "$to-cpu.done" ]; do sleep 0.2; done
    cat "$to-cpu.txt"
    echo -n "$(basename "$folder"): "
    compare "$to-cpu.json" "$to-gpu.json" 0.5 || rc=1
  done
  return $rc
}
reference() { # NAME OPTIONS...
  local label=$1 folder to
  shift
  for folder in $folders; do
    to=$work/${label}_$(basename "$folder")
    track "$folder" cpu "$to-cpu" --threads $((jobs > 3 ? jobs / 4 : 1)) "$@" >"$to-cpu.txt" 2>&1
    touch "$to-cpu.done"
  done
}
twice() { # FOLDER NAME OPTIONS...
  local folder=$1 label=$2
  shift 2
  track "$folder" cuda "$work/$label-1" "$@" && track "$folder" cuda "$work/$label-2" "$@" &&
    cmp "$work/$label-1.json" "$work/$label-2.json" && echo "the same bytes twice"
}
# gpu_tests PROGRAM ARGUMENTS...: all pass, and they did run: where there is no GPU, all are skipped and "passed".
gpu_tests() {
  [ -x "$1" ] || { echo "$1 is not there: it could not be built"; return 1; }
  local said code skipped
  said=$work/$(basename "$1").txt
  "$@" --gtest_brief=1 --gtest_color=no | tee "$said"
  code=${PIPESTATUS[0]}
  skipped=$(grep -c ': Skipped$' "$said")
  [ "$code" = 0 ] && [ "$skipped" -lt 20 ] && ! grep -q 'where.cpp:.*Skipped' "$said" && return 0
  if [ "$code" = 0 ]; then
    echo "$skipped times skipped: $(grep -A1 -m1 ': Skipped$' "$said" | tail -1)"
  else
    grep -E '^\[  (FAILED|PASSED)' "$said" | tail -3
  fi
  return 1
}
export -f material unpack track compare agree reference twice gpu_tests
export dslt work jobs build frames fast_frames arch sequences
# shellcheck disable=SC2086
step material bash -c 'material "$@"' material $sizes
folders=
for folder in "$work/crossing" "$work/motorrolling"; do
  [ -f "$folder/groundtruth_rect.txt" ] && folders="$folders $folder"
done
[ -n "$folders" ] || folders="$work/small $work/large"
export folders

vgg="--weights $work/vgg16.safetensors $small" # of DSLT's presets; $small is a rehearsal's
exact="--preset default --precision f32"
narrow="--preset paper --precision f32 --weights random:vgg16/$([ -n "$rehearse" ] && echo 16 || echo 8) $small"
kernel_tests=$([ "$tests" = ON ] && echo dslt_test_kernels dslt_test_backend)
go_on=$([ "$generator" = Ninja ] && echo "-k 0" || echo -k) # what does not compile must not take the rest with it

# ---- does it work ----------------------------------------------------------------------------------

export DSLT_CUDA_STRICT=1 # a frame that cannot be recorded is a failure here, not something to do without
whole_frames() {
  rm -f "$work"/*-cpu.done
  timeout "$budget" bash -c "reference default $exact" &
  timeout "$budget" bash -c "reference narrow $narrow" &
  step first_light bash -c "track $work/small cuda $work/first --frames 5 --preset paper --weights random:vgg16/16 $small && cat $work/first.summary.json"
  step agree_default bash -c "agree default $exact"
  step agree_narrow bash -c "agree narrow $narrow"
  step twice_paper bash -c "twice $work/large twice_paper --frames 40 --preset paper --precision bf16 $vgg"
  step twice_default bash -c "twice $work/large twice_default --frames 40 --preset default --precision bf16"
  wait
}
parts() {
  # shellcheck disable=SC2086
  step build_tests cmake --build "$build" -j "$jobs" --target dslt_bench_kernels $kernel_tests -- $go_on
  [ "$tests" = ON ] && wanted tests_kernels || return
  step tests_kernels bash -c "gpu_tests $build/tests/kernels/dslt_test_kernels --gtest_filter='*/Gpu:CudaProbe.*:KernelList.*'"
  step tests_backend bash -c "DSLT_TEST_BACKEND=cuda gpu_tests $build/tests/dslt_test_backend"
}
wanted first_light && lane whole_frames
lane parts
wait
pack

# ---- how fast --------------------------------------------------------------------------------------

speed() { # NAME OPTIONS...
  local label=speed_$1
  shift
  wanted "$label" || return
  step "$label" "$dslt" bench "$work/large" --backend cuda --frames $fast_frames --repeat $repeat --output json \
    -o "$out/$label.json" -q "$@"
}
torch() { # NAME OPTIONS...
  local label=torch_$1
  shift
  wanted "$label" || return
  step "$label" python3 bench/peers/torch_dslt.py "$work/large" --weights "$work/vgg16.safetensors" \
    --frames $torch_frames --dslt "$dslt" --backend cuda --json "$out/$label.json" "$@"
}
# shellcheck disable=SC2086
speed paper_bf16 --preset paper --precision bf16 --compare-paper $vgg
speed default --preset default --precision bf16
# shellcheck disable=SC2086
speed dslt --preset dslt --precision bf16 $small
# shellcheck disable=SC2086
speed released --preset released --precision bf16 $vgg
for precision in tf32 f32; do
  # shellcheck disable=SC2086
  speed "paper_$precision" --preset paper --precision $precision $vgg
done
# shellcheck disable=SC2086
DSLT_CUDNN=0 speed paper_no_cudnn --preset paper --precision bf16 $vgg
# shellcheck disable=SC2086
DSLT_CUDA_GRAPHS=0 speed paper_no_graphs --preset paper --precision bf16 $vgg
# shellcheck disable=SC2086
DSLT_CUDA_HEAD=cudnn speed paper_head_cudnn --preset paper --precision bf16 $vgg
# shellcheck disable=SC2086
DSLT_CUDA_HEAD=measured speed paper_head_best --preset paper --precision bf16 $vgg
if has PyTorch torch_bf16 torch_f32; then
  torch bf16 --precision bf16 --compare 2
  torch f32 --precision f32 --modes "$([ -n "$gpu" ] && echo eager || echo auto)"
fi
wanted kernels && step kernels bash -c "$build/dslt_bench_kernels --output json >$out/kernels.json && $build/dslt_bench_kernels --list | wc -l"
pack

# ---- is every access right -------------------------------------------------------------------------

# All at once: they need no clock. Own kernels by their tests, whole frames by the program: recorded as graphs, and
# without them, since tools raise false alarms in conditional nodes.
own="$build/tests/kernels/dslt_test_kernels --gtest_brief=1 '--gtest_filter=*EqualsItsTwin*/Gpu:*NetworkKernel.*/Gpu:*FlowKernel.*/Gpu:*SamplesKernel.*/Gpu'"
frames_of="$dslt track $work/small/img --box otb:$work/small/groundtruth_rect.txt --backend cuda --preset paper --precision f32 --weights random:vgg16/16 --frames 4 --set init_steps=5 --set search_max_side=128 -q $small"
check="compute-sanitizer --error-exitcode 9"
memcheck() { step sanitize_memcheck bash -c "$check --tool memcheck $own && $check --tool memcheck $frames_of"; }
no_graphs() { step sanitize_no_graphs env DSLT_CUDA_GRAPHS=0 bash -c "$check --tool memcheck $frames_of"; }
racecheck() { step sanitize_racecheck env DSLT_CUDA_GRAPHS=0 bash -c "$check --tool racecheck $frames_of"; }
initcheck() { step sanitize_initcheck env DSLT_CUDA_GRAPHS=0 bash -c "$check --tool initcheck $frames_of"; }
own_kernels() { step sanitize_own bash -c "$check --tool racecheck $own && $check --tool initcheck $own"; }
if has compute-sanitizer sanitize_memcheck sanitize_no_graphs sanitize_racecheck sanitize_initcheck sanitize_own; then
  wanted sanitize_memcheck && lane memcheck && lane no_graphs && lane racecheck
  wanted sanitize_initcheck && lane initcheck && lane own_kernels
  wait
fi
pack

# ---- where the time goes ---------------------------------------------------------------------------

profiled="$dslt track $work/large/img --box otb:$work/large/groundtruth_rect.txt --backend cuda --preset paper --precision bf16 -q $vgg"
if wanted profile_ncu && has ncu profile_ncu; then
  # The first frame with one step and two more, kernel by kernel, without graphs, so that each is seen; a frame ends with
  # report_kernel. The plans are those that earlier steps have stored, so that none is measured here.
  # shellcheck disable=SC2086
  step profile_ncu env DSLT_CUDA_GRAPHS=0 ncu --clock-control none --launch-count 700 --csv --page raw --metrics gpu__time_duration.sum,sm__throughput.avg.pct_of_peak_sustained_elapsed,dram__throughput.avg.pct_of_peak_sustained_elapsed $profiled --frames 3 --set init_steps=1
fi
if wanted profile_nsys && has nsys profile_nsys trace_nsys; then
  step profile_nsys bash -c "nsys profile --cuda-graph-trace=node --force-overwrite true -o $work/frames $profiled --frames 40 && nsys stats --report cuda_gpu_kern_sum $work/frames.nsys-rep"
  step trace_nsys bash -c "DSLT_CUDA_GRAPHS=0 nsys profile --force-overwrite true -o $work/trace $profiled --frames 10 && nsys stats --report cuda_gpu_trace --format csv --force-export true -o $work/trace $work/trace.nsys-rep"
fi
