#!/bin/bash
# Everything that needs a GPU, in one go, within 8 minutes: builds without OpenCV and oneDNN, tests, sanitizers, CPU against
# GPU, the same bytes twice, speed beside PyTorch, profiles. Written into bench/results/GPU-DATE/; a step that fails is
# recorded and the rest goes on.
#
#   bench/gpu_all.sh               on the GPU machine, from the repository's root; exit code: how many steps failed
#   bench/gpu_all.sh --prepare     beforehand, on a Debian machine with network: puts what a bare machine lacks (jansson,
#                                  GoogleTest, pkg-config) into .gpu/, which is carried along
#
# Needs there: the CUDA toolkit, cmake, a C++ compiler, python3 with PyTorch and numpy; cuDNN beside the toolkit or in Python.
# With SEQUENCES=DIR (folders with img/ and groundtruth_rect.txt; default ../shared/data/sequences/otb) real sequences are
# compared too, else rendered ones of the same size. BUDGET=480 seconds in all. BUILD=build/gpu.
set -u
cd "$(dirname "$0")/.." || exit 1

if [ "${1:-}" = --prepare ]; then
  mkdir -p .gpu/deb && cd .gpu/deb || exit 1
  apt-get download libjansson-dev libjansson4 libgtest-dev pkgconf-bin libpkgconf3 || exit 1
  for package in *.deb; do dpkg -x "$package" ..; done
  cd .. && rm -rf deb usr/share/doc usr/share/man
  echo "ready: carry .gpu (keep it out of git: echo /.gpu/ >> .git/info/exclude)"
  exit 0
fi

begin=$(date +%s)
budget=${BUDGET:-480}
build=${BUILD:-build/gpu}
jobs=$(nproc)
gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -1)
capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d .)
name=$(echo "${gpu:-no-gpu}" | tr -cs '[:alnum:]\n' '-' | tr '[:upper:]' '[:lower:]' | sed 's/-*$//')
out=bench/results/$name-$(date +%F)
mkdir -p "$out"
: >"$out/steps.txt"
failed=0
export XDG_CACHE_HOME=$PWD/$build/cache OMP_WAIT_POLICY=passive
mkdir -p "$XDG_CACHE_HOME"
if [ -d .gpu/usr ]; then
  lib=$PWD/.gpu/usr/lib/x86_64-linux-gnu
  export CMAKE_PREFIX_PATH=$PWD/.gpu/usr PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$PWD/.gpu
  export LD_LIBRARY_PATH=$lib:${LD_LIBRARY_PATH:-}
  command -v pkg-config >/dev/null || { mkdir -p "$build/bin" && ln -sf "$PWD/.gpu/usr/bin/pkgconf" "$build/bin/pkg-config"; }
  export PATH=$PATH:$PWD/$build/bin
fi

# step NAME SECONDS COMMAND...: run it, keep what it prints, note how it went.
step() {
  local label=$1 limit=$2 left rc=0 from
  shift 2
  left=$((budget - ($(date +%s) - begin)))
  if [ "$left" -lt 10 ]; then
    echo "NOT RUN $label (out of time)" | tee -a "$out/steps.txt"
    failed=$((failed + 1))
    return 1
  fi
  [ "$limit" -gt "$left" ] && limit=$left
  from=$(date +%s)
  timeout -k 5 "$limit" "$@" >"$out/$label.txt" 2>&1 || rc=$?
  if [ "$rc" = 0 ]; then
    echo "ok      $label ($(($(date +%s) - from)) s)" | tee -a "$out/steps.txt"
  else
    echo "FAILED  $label (exit $rc after $(($(date +%s) - from)) s): $(tail -1 "$out/$label.txt" | cut -c1-160)" | tee -a "$out/steps.txt"
    failed=$((failed + 1))
  fi
  return "$rc"
}

# ---- build -----------------------------------------------------------------------------------------

tests=ON
generator=$(command -v ninja >/dev/null && echo Ninja || echo "Unix Makefiles")
configure() {
  cmake -S . -B "$build" -G "$generator" -DDSLT_WITH_CUDA=ON -DDSLT_WITH_OPENCV=OFF -DDSLT_WITH_ONEDNN=OFF \
    -DDSLT_WITH_LIBCRYPTO=OFF -DDSLT_CUDA_ARCHITECTURES="${capability:-90}" -DDSLT_BUILD_TESTS=$tests
}
export -f configure
export build generator tests capability
if ! step configure 60 bash -c configure; then
  tests=OFF # most likely GoogleTest is missing
  step configure_without_tests 60 bash -c configure
fi
step build 240 cmake --build "$build" -j "$jobs" || { cat "$out/build.txt" | tail -30; exit "$failed"; }
step build_frames 60 cmake --build "$build" -j "$jobs" --target dslt_scene_frames
dslt=$build/dslt
step info 20 "$dslt" info
{ nvidia-smi; nvcc --version; python3 -c 'import torch; print("torch", torch.__version__)'; } >"$out/machine.txt" 2>&1

# ---- what it is tried on ---------------------------------------------------------------------------

work=$build/work
mkdir -p "$work"
step weights 30 "$dslt" weights random --arch vgg16 -o "$work/vgg16.safetensors"
# As large as OTB's Crossing (360 x 240) and MotorRolling (640 x 360), named after them.
step frames_crossing 30 "$build/dslt_scene_frames" scene:1:360x240 100 "$work/crossing"
step frames_rolling 30 "$build/dslt_scene_frames" scene:2:640x360 100 "$work/rolling"
folders="$work/crossing $work/rolling"
otb=${SEQUENCES:-../shared/data/sequences/otb}
# PNG and JPEG need OpenCV, which this build does without: real sequences count only where their frames are PPM.
for sequence in "$otb"/Crossing "$otb"/MotorRolling; do
  ls "$sequence"/img/*.ppm >/dev/null 2>&1 && folders="$folders $sequence"
done

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
def boxes(path):
    rows = json.load(open(path))
    rows = rows if isinstance(rows, list) else next(v for v in rows.values() if isinstance(v, list))
    return [row.get("box") or [row[k] for k in ("x", "y", "width", "height")] for row in rows]
a, b = boxes(sys.argv[1]), boxes(sys.argv[2])
worst = max(max(abs(p - q) for p, q in zip(x, y)) for x, y in zip(a, b))
print(f"{len(a)} and {len(b)} frames, largest distance {worst:.6f} px, allowed {sys.argv[3]}")
sys.exit(len(a) != len(b) or worst > float(sys.argv[3]))
PY
}
agree() { # FOLDER NAME OPTIONS...
  local folder=$1 label=$2
  shift 2
  track "$folder" cpu "$work/$label-cpu" "$@" && track "$folder" cuda "$work/$label-gpu" "$@" &&
    compare "$work/$label-cpu.json" "$work/$label-gpu.json" 0.5
}
twice() { # FOLDER NAME OPTIONS...
  local folder=$1 label=$2
  shift 2
  track "$folder" cuda "$work/$label-1" "$@" && track "$folder" cuda "$work/$label-2" "$@" &&
    cmp "$work/$label-1.json" "$work/$label-2.json" && echo "the same bytes twice"
}
export -f track compare agree twice
export dslt work

# ---- does it work ----------------------------------------------------------------------------------

export DSLT_CUDA_STRICT=1 # a frame that cannot be recorded is a failure here, not something to do without
step first_light 40 bash -c "track $work/crossing cuda $work/first --frames 5 --weights random:vgg16/16 && cat $work/first.summary.json"
if [ "$tests" = ON ]; then
  step tests_kernels 60 "$build/tests/kernels/dslt_test_kernels" --gtest_filter='*gpu*:*Cuda*'
  step tests_backend 60 env DSLT_TEST_BACKEND=cuda "$build/tests/dslt_test_backend"
fi
step kernels_right 40 "$build/dslt_bench_kernels" --quick

# ---- how fast --------------------------------------------------------------------------------------

fast() { track "$1" cuda "$work/$2" "${@:3}" && cat "$work/$2.summary.json"; }
export -f fast
for precision in bf16 tf32 f32; do
  step "speed_paper_$precision" 40 bash -c "fast $work/rolling speed_$precision --preset paper --precision $precision --weights $work/vgg16.safetensors"
done
step speed_default_slim 30 bash -c "fast $work/rolling speed_slim --precision bf16"
step speed_released 60 bash -c "fast $work/rolling speed_released --preset released --precision bf16 --weights $work/vgg16.safetensors --frames 40"
step speed_paper_no_cudnn 40 env DSLT_CUDNN=0 bash -c "fast $work/rolling speed_products --preset paper --precision bf16 --weights $work/vgg16.safetensors --frames 40"
step speed_paper_no_graphs 40 env DSLT_CUDA_GRAPHS=0 bash -c "fast $work/rolling speed_direct --preset paper --precision bf16 --weights $work/vgg16.safetensors --frames 40"
step kernels 60 "$build/dslt_bench_kernels" --output csv
step torch_f32 90 python3 bench/peers/torch_dslt.py "$work/rolling" --weights "$work/vgg16.safetensors" --frames 60 --dslt "$dslt" --backend cuda --json "$out/torch_f32.json"
step torch_bf16 60 python3 bench/peers/torch_dslt.py "$work/rolling" --weights "$work/vgg16.safetensors" --frames 60 --precision bf16 --dslt "$dslt" --backend cuda --compare 2 --json "$out/torch_bf16.json"

# ---- is it right, and always the same --------------------------------------------------------------

for folder in $folders; do
  label=$(basename "$folder" | tr '[:upper:]' '[:lower:]')
  step "agree_slim_$label" 60 bash -c "agree $folder slim_$label --precision f32"
  step "twice_$label" 40 bash -c "twice $folder twice_$label --preset paper --precision bf16 --weights $work/vgg16.safetensors"
done
step agree_paper_narrow 60 bash -c "agree $work/crossing narrow --preset paper --weights random:vgg16/8 --frames 30"
for tool in memcheck racecheck initcheck; do
  # Ten small frames, recorded and not; the library's own kernels are in it too.
  step "sanitize_$tool" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 "$dslt" track "$work/crossing/img" --box "otb:$work/crossing/groundtruth_rect.txt" \
    --backend cuda --weights random:vgg16/16 --frames 5 --set init_steps=10 --set search_max_side=128 -q
done

# ---- where the time goes ---------------------------------------------------------------------------

profiled="$dslt track $work/rolling/img --box otb:$work/rolling/groundtruth_rect.txt --backend cuda --preset paper --precision bf16 --weights $work/vgg16.safetensors -q"
if command -v nsys >/dev/null; then
  step profile_nsys 60 bash -c "nsys profile --cuda-graph-trace=node --force-overwrite true -o $work/frames $profiled --frames 40 && nsys stats --report cuda_gpu_kern_sum $work/frames.nsys-rep"
fi
if command -v ncu >/dev/null; then
  step profile_ncu 60 env DSLT_CUDA_GRAPHS=0 ncu --clock-control none --launch-skip 400 --launch-count 60 --section SpeedOfLight $profiled --frames 4
fi

{
  echo "# $gpu, $(date +%F)"
  echo
  echo "\`bench/gpu_all.sh\`, $(($(date +%s) - begin)) s, $failed steps failed or were not run."
  echo
  echo '```'
  cat "$out/steps.txt"
  echo '```'
  echo
  python3 - "$work" <<'PY'
import json, pathlib, sys
print("| run | frames | fps | first frame, ms | peak memory, MiB |\n| --- | --- | --- | --- | --- |")
for path in sorted(pathlib.Path(sys.argv[1]).glob("speed_*.summary.json")):
    r = json.loads(path.read_text())
    print(f"| {path.name[6:-13]} | {r['frames']} | {r['fps']:.1f} | {r['init_ms']:.0f} | {r['peak_memory_mib']:.0f} |")
PY
} >"$out/README.md"
# What comes back from a borrowed machine is a handful of files.
[ -n "${OUT:-}" ] && tar -czf "$OUT/results.tar.gz" "$out" && cp "$out/steps.txt" "$OUT/"
exit "$failed"
