#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything that needs a GPU, in one go, within 5 minutes, the most valuable first: builds without OpenCV and oneDNN, tests
# and CPU against GPU boxes, speed beside PyTorch, the same bytes twice, kernels beside the ceiling, sanitizers, profiles.
# Written into bench/results/GPU-DATE/ (what is in there: bench/README.md); a step that fails is recorded with its last words
# and the rest goes on; one that was not run, for lack of time or because the script was stopped, is named.
#
#   bench/gpu_all.sh               on the GPU machine, from the repository's root; exit code: how many steps failed
#   bench/gpu_all.sh --prepare     beforehand, on a Debian machine with network: puts what a bare machine lacks (jansson,
#                                  GoogleTest, pkg-config) and 100 frames of Crossing and MotorRolling, where they are at
#                                  hand, into .gpu/, which is carried along
#   bench/gpu_all.sh --rehearse    on any machine with the CUDA toolkit: the same steps on an emulated GPU, with small
#                                  networks and few frames; what needs a real GPU fails and says so
#
# Needs there: the CUDA toolkit, cmake, a C++ compiler, python3 with PyTorch, numpy and Pillow; cuDNN beside the toolkit or in
# Python. SEQUENCES=DIR: folders Crossing and MotorRolling with img/ and groundtruth_rect.txt (default .gpu/sequences, then
# ../shared/data/sequences/otb), else rendered frames stand in. BUDGET=300: seconds in all; PATIENCE=1: factor on every step's
# limit, for slow machines. BUILD=build/gpu. RESULTS=bench/results. With OUT=FOLDER
# the results are put there as well, as results.tar.gz, after every phase and when the script is stopped.
set -u
cd "$(dirname "$0")/.." || exit 1
here=$PWD

if [ "${1:-}" = --prepare ]; then
  rm -rf .gpu && mkdir -p .gpu/deb && cd .gpu/deb || exit 1
  apt-get download libjansson-dev libjansson4 libgtest-dev pkgconf-bin libpkgconf3 || exit 1
  for package in *.deb; do dpkg -x "$package" .. || exit 1; done
  cd .. && rm -rf deb usr/share/doc usr/share/man usr/share/lintian usr/src
  otb=${SEQUENCES:-$here/../shared/data/sequences/otb}
  for name in Crossing MotorRolling; do
    [ -f "$otb/$name/groundtruth_rect.txt" ] || { echo "$otb/$name is not there: rendered frames will stand in"; continue; }
    mkdir -p "sequences/$name/img" && cp "$otb/$name/groundtruth_rect.txt" "sequences/$name/" || exit 1
    find "$otb/$name/img" -type f | sort | head -100 | xargs -I{} cp {} "sequences/$name/img/" || exit 1
  done
  echo "ready: $(du -sh . | cut -f1) in .gpu, to be carried (git must ignore it: echo /.gpu/ >> .git/info/exclude)"
  exit 0
fi

rehearse=
[ "${1:-}" = --rehearse ] && rehearse=1
begin=$(date +%s)
budget=${BUDGET:-300}
build=${BUILD:-build/gpu}
jobs=${JOBS:-$(nproc)}
for folder in /usr/local/cuda/bin /opt/nvidia/nsight-compute/*/ /usr/local/cuda/nsight-compute*/; do
  [ -d "$folder" ] && PATH=$PATH:${folder%/}
done
gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -1)
capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -cd '[:digit:]')
name=$(echo "${gpu:-no-gpu}" | tr -cs '[:alnum:]\n' '-' | tr '[:upper:]' '[:lower:]' | sed 's/-*$//')
[ -n "$rehearse" ] && name=rehearsal
out=${RESULTS:-bench/results}/$name-$(date +%F)
mkdir -p "$out" "$build/bin"
build=$(cd "$build" && pwd)
rm -f "$out"/*
: >"$out/steps.txt"
export XDG_CACHE_HOME=$build/cache OMP_WAIT_POLICY=passive PYTHONUNBUFFERED=1
mkdir -p "$XDG_CACHE_HOME"
hints=
if [ -d .gpu/usr ]; then
  lib=$(echo "$here"/.gpu/usr/lib/*-linux-gnu)
  hints="-DCMAKE_PREFIX_PATH=$here/.gpu/usr -DGTest_DIR=$lib/cmake/GTest"
  export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$here/.gpu LD_LIBRARY_PATH=$lib:${LD_LIBRARY_PATH:-}
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

# Every step that a complete run has, in order of worth; frames and agreements are named by what is at hand.
plan="configure build info weights frames_small frames_large first_light agree build_kernels tests_kernels build_backend
tests_backend speed_paper_bf16 speed_default speed_dslt speed_released torch_bf16 twice_paper twice_default kernels
sanitize_memcheck sanitize_no_graphs speed_paper_tf32 speed_paper_f32 speed_paper_no_cudnn speed_paper_no_graphs sanitize_racecheck
sanitize_initcheck profile_nsys trace_nsys profile_ncu torch_f32"
# What of it did not even begin. Agreements have the names of what they were tried on behind theirs.
name_missing() {
  local label
  for label in $plan; do
    grep -qE "^(ok|FAILED|NOT RUN) +$label([ :]|_without|\$)" "$out/steps.txt" && continue
    [ "$label" = agree ] && grep -qE "^(ok|FAILED|NOT RUN) +agree_" "$out/steps.txt" && continue
    echo "NOT RUN $label" >>"$out/steps.txt"
  done
}

# step NAME SECONDS COMMAND...: run it, keep what it prints, note how it went.
step() {
  local label=$1 limit=$(($2 * ${PATIENCE:-1})) left rc=0 from words
  shift 2
  left=$((budget - ($(date +%s) - begin)))
  if [ "$left" -lt 8 ]; then
    echo "NOT RUN $label: out of time" | tee -a "$out/steps.txt"
    return 1
  fi
  [ "$limit" -gt "$left" ] && limit=$left
  from=$(date +%s)
  running=$label
  # In the background, so that a signal to this script is not put off until the step ends.
  timeout -k 5 "$limit" "$@" >"$out/$label.txt" 2>&1 &
  wait $! || rc=$?
  running=
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

# has TOOL STEP...: is it here? If not, those steps are not run, with the reason.
has() {
  local tool=$1 label
  shift
  case $tool in
    PyTorch) python3 -c 'import torch' 2>/dev/null && return 0 ;;
    *) command -v "$tool" >/dev/null && return 0 ;;
  esac
  for label; do echo "NOT RUN $label: no $tool here" | tee -a "$out/steps.txt"; done
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
  kill ${references:-} $(jobs -p) 2>/dev/null
  name_missing
  pack
  cat "$out/README.md"
  local bad
  bad=$(grep -vc '^ok' "$out/steps.txt")
  grep -q '^ok' "$out/steps.txt" || bad=$((bad + 1))
  exit $((bad > 100 ? 100 : bad))
}
trap finish EXIT
running=
trap 'echo "FAILED  ${running:-between steps} (stopped from outside)" >>"$out/steps.txt"; exit 1' TERM INT HUP

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
if ! step configure 30 bash -c configure; then
  tests=OFF # most likely GoogleTest is missing
  rm -f "$build/CMakeCache.txt"
  step configure_without_tests 60 bash -c configure || exit
fi
program=$([ -n "$rehearse" ] && echo dslt_emulated || echo dslt)
# First what everything else needs; the rest compiles while the CPU makes its boxes.
step build 110 cmake --build "$build" -j "$jobs" --target $program dslt_scene_frames || { tail -40 "$out/build.txt"; exit; }
dslt=$build/$program
step info 10 "$dslt" info

# ---- what it is tried on ---------------------------------------------------------------------------

work=$build/work
mkdir -p "$work"
if [ -n "$rehearse" ]; then
  frames=4 fast_frames=4 torch_frames=3 repeat=1 arch=vgg16/16 sizes="96x72 96x72"
  small="--set search_min_area=1000 --set search_max_area=2000 --set reduce_channels=4 --set init_steps=3 --set memory=2"
else
  frames=100 fast_frames=120 torch_frames=60 repeat=3 arch=vgg16 sizes="360x240 640x480" small=
fi
set -- $sizes
step weights 15 "$dslt" weights random --arch $arch -o "$work/vgg16.safetensors"
# The second one's search area is 448 x 320 pixels, as many as 360 x 400.
step frames_small 15 "$build/dslt_scene_frames" "scene:1:$1" $frames "$work/small"
step frames_large 15 "$build/dslt_scene_frames" "scene:2:$2" $fast_frames "$work/large"
sequences=${SEQUENCES:-$here/.gpu/sequences}
[ -d "$sequences" ] || sequences=$here/../shared/data/sequences/otb
# This build reads PPM alone.
unpack() {
  python3 - "$@" <<'PY'
import pathlib, shutil, sys
from PIL import Image
source, to, count = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
(to / "img").mkdir(parents=True, exist_ok=True)
shutil.copy(source / "groundtruth_rect.txt", to)
for picture in sorted((source / "img").iterdir())[:count]:
    Image.open(picture).convert("RGB").save(to / "img" / (picture.stem + ".ppm"))
PY
}
export -f unpack
folders=
for sequence in Crossing MotorRolling; do
  to=$work/$(echo $sequence | tr '[:upper:]' '[:lower:]')
  if [ -d "$sequences/$sequence/img" ]; then
    step "frames_$sequence" 15 bash -c "unpack $sequences/$sequence $to $frames" && folders="$folders $to"
  fi
done
[ -n "$folders" ] || folders="$work/small $work/large"

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
agree() { # FOLDER NAME OPTIONS...: the CPU's boxes are being made meanwhile
  local folder=$1 label=$2
  shift 2
  track "$folder" cuda "$work/$label-gpu" "$@" || return 1
  while [ ! -e "$work/$label-cpu.done" ]; do sleep 0.2; done
  cat "$work/$label-cpu.txt"
  compare "$work/$label-cpu.json" "$work/$label-gpu.json" 0.5
}
reference() { # FOLDER NAME OPTIONS...
  local folder=$1 label=$2
  shift 2
  rm -f "$work/$label-cpu.done"
  track "$folder" cpu "$work/$label-cpu" --threads $((jobs > 3 ? jobs / 2 - 1 : 1)) "$@" >"$work/$label-cpu.txt" 2>&1
  touch "$work/$label-cpu.done"
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
  "$@" --gtest_brief=1 --gtest_color=no | tee "$work/tests.txt"
  local code=${PIPESTATUS[0]} skipped
  skipped=$(grep -c ': Skipped$' "$work/tests.txt")
  [ "$code" = 0 ] && [ "$skipped" -lt 20 ] && ! grep -q 'where.cpp:.*Skipped' "$work/tests.txt" && return 0
  if [ "$code" = 0 ]; then
    echo "$skipped times skipped: $(grep -A1 -m1 ': Skipped$' "$work/tests.txt" | tail -1)"
  else
    grep -E '^\[  (FAILED|PASSED)' "$work/tests.txt" | tail -3
  fi
  return 1
}
export -f track compare agree reference twice gpu_tests
export dslt work jobs

vgg="--weights $work/vgg16.safetensors $small" # of DSLT's presets; $small is a rehearsal's
exact="--preset default --precision f32"
narrow="--preset paper --precision f32 --weights random:vgg16/$([ -n "$rehearse" ] && echo 16 || echo 8) $small"
references=
for folder in $folders; do
  label=$(basename "$folder")
  bash -c "reference $folder default_$label $exact; reference $folder narrow_$label $narrow" &
  references="$references $!"
done
kernel_tests=$([ "$tests" = ON ] && echo dslt_test_kernels)
go_on=$([ "$generator" = Ninja ] && echo "-k 0" || echo -k) # what does not compile must not take the rest with it

# ---- does it work ----------------------------------------------------------------------------------

export DSLT_CUDA_STRICT=1 # a frame that cannot be recorded is a failure here, not something to do without
step first_light 20 bash -c "track $work/small cuda $work/first --frames 5 --preset paper --weights random:vgg16/16 $small && cat $work/first.summary.json"
for folder in $folders; do
  label=$(basename "$folder")
  step "agree_default_$label" 30 bash -c "agree $folder default_$label $exact"
  step "agree_narrow_$label" 30 bash -c "agree $folder narrow_$label $narrow"
done
# shellcheck disable=SC2086
wait $references
references=
# shellcheck disable=SC2086
step build_kernels 40 cmake --build "$build" -j "$jobs" --target dslt_bench_kernels $kernel_tests -- $go_on
if [ "$tests" = ON ]; then
  step tests_kernels 30 bash -c "gpu_tests $build/tests/kernels/dslt_test_kernels --gtest_filter='*/Gpu:CudaProbe.*:KernelList.*'"
  step build_backend 40 cmake --build "$build" -j "$jobs" --target dslt_test_backend -- $go_on
  step tests_backend 30 bash -c "DSLT_TEST_BACKEND=cuda gpu_tests $build/tests/dslt_test_backend"
fi
pack

# ---- how fast --------------------------------------------------------------------------------------

speed() { # NAME SECONDS OPTIONS...
  local label=$1 limit=$2
  shift 2
  step "speed_$label" "$limit" "$dslt" bench "$work/large" --backend cuda --frames $fast_frames --repeat $repeat --output json \
    -o "$out/speed_$label.json" -q "$@"
}
# shellcheck disable=SC2086
speed paper_bf16 25 --preset paper --precision bf16 --compare-paper $vgg
speed default 15 --preset default --precision bf16
# shellcheck disable=SC2086
speed dslt 15 --preset dslt --precision bf16 $small
# shellcheck disable=SC2086
speed released 25 --preset released --precision bf16 $vgg
torch() { # NAME SECONDS OPTIONS...
  local label=$1 limit=$2
  shift 2
  step "torch_$label" "$limit" python3 bench/peers/torch_dslt.py "$work/large" --weights "$work/vgg16.safetensors" \
    --frames $torch_frames --dslt "$dslt" --backend cuda --json "$out/torch_$label.json" "$@"
}
has PyTorch torch_bf16 torch_f32 && torch bf16 75 --precision bf16 --compare 2
pack

# ---- the same bytes, the ceiling -------------------------------------------------------------------

step twice_paper 15 bash -c "twice $work/large twice_paper --preset paper --precision bf16 $vgg"
step twice_default 10 bash -c "twice $work/large twice_default --preset default --precision bf16"
step kernels 30 bash -c "$build/dslt_bench_kernels --output json >$out/kernels.json && $build/dslt_bench_kernels --list | wc -l"
pack

# ---- is every access right -------------------------------------------------------------------------

# The first two at once: they need no clock. Own kernels by their tests, whole frames by the program: recorded as graphs, and
# without them, since tools raise false alarms in conditional nodes.
own="--gtest_filter=*EqualsItsTwin*/Gpu:*NetworkKernel.*/Gpu:*FlowKernel.*/Gpu:*SamplesKernel.*/Gpu"
frames_of="$dslt track $work/small/img --box otb:$work/small/groundtruth_rect.txt --backend cuda --preset paper --precision f32 --weights random:vgg16/16 --frames 4 --set init_steps=5 --set search_max_side=128 -q $small"
check="compute-sanitizer --error-exitcode 9"
sanitizer=
if has compute-sanitizer sanitize_memcheck sanitize_no_graphs sanitize_racecheck sanitize_initcheck; then
  sanitizer=1
  step sanitize_memcheck 40 bash -c "$check --tool memcheck $build/tests/kernels/dslt_test_kernels --gtest_brief=1 '$own' && $check --tool memcheck $frames_of" &
  step sanitize_no_graphs 40 env DSLT_CUDA_GRAPHS=0 bash -c "$check --tool memcheck $frames_of" &
  wait
fi
for precision in tf32 f32; do
  # shellcheck disable=SC2086
  speed "paper_$precision" 20 --preset paper --precision $precision $vgg
done
# shellcheck disable=SC2086
DSLT_CUDNN=0 speed paper_no_cudnn 20 --preset paper --precision bf16 $vgg
# shellcheck disable=SC2086
DSLT_CUDA_GRAPHS=0 speed paper_no_graphs 20 --preset paper --precision bf16 $vgg
for tool in ${sanitizer:+racecheck initcheck}; do
  step "sanitize_$tool" 40 env DSLT_CUDA_GRAPHS=0 bash -c "$check --tool $tool $build/tests/kernels/dslt_test_kernels --gtest_brief=1 '$own' && $check --tool $tool $frames_of" &
done
wait
pack

# ---- where the time goes ---------------------------------------------------------------------------

profiled="$dslt track $work/large/img --box otb:$work/large/groundtruth_rect.txt --backend cuda --preset paper --precision bf16 -q $vgg"
# Launches before the ninth frame, and of that one, from a trace: each frame ends with the kernel that reports it.
launches() {
  python3 - "$1" <<'PY'
import csv, sys
rows = [row for row in csv.DictReader(open(sys.argv[1])) if row.get("Name") and not row["Name"].startswith("[")]
ends = [i for i, row in enumerate(rows) if row["Name"].startswith("report_kernel")]
print(ends[8] + 1, ends[9] - ends[8])
PY
}
if has nsys profile_nsys trace_nsys; then
  step profile_nsys 40 bash -c "nsys profile --cuda-graph-trace=node --force-overwrite true -o $work/frames $profiled --frames 40 && nsys stats --report cuda_gpu_kern_sum $work/frames.nsys-rep"
  step trace_nsys 30 bash -c "DSLT_CUDA_GRAPHS=0 nsys profile --force-overwrite true -o $work/trace $profiled --frames 10 && nsys stats --report cuda_gpu_trace --format csv --force-export true -o $work/trace $work/trace.nsys-rep"
fi
if has ncu profile_ncu; then
  # One frame with its update, kernel by kernel, without graphs, so that each is seen.
  read -r skip count < <(launches "$work/trace_cuda_gpu_trace.csv" 2>/dev/null || echo 3000 250)
  step profile_ncu 60 env DSLT_CUDA_GRAPHS=0 ncu --clock-control none --launch-skip "$skip" --launch-count "$count" --section SpeedOfLight --csv --page raw --metrics gpu__time_duration.sum,sm__throughput.avg.pct_of_peak_sustained_elapsed,dram__throughput.avg.pct_of_peak_sustained_elapsed $profiled --frames 10
fi
python3 -c 'import torch' 2>/dev/null && torch f32 60 --precision f32 --modes "$([ -n "$gpu" ] && echo eager || echo auto)"
