#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build the fuzzers with clang's libFuzzer and run each for the given seconds (default 60), as many at once as there are cores.
# A finding is a non-zero exit code and a file crash-* in build-fuzz.
#
#   tests/fuzz/run.sh [SECONDS]
#   tests/fuzz/run.sh --one NAME SECONDS        run one that is built
set -eu
if [ "${1:-}" = --one ]; then
  cd "$(dirname "$0")/../../build-fuzz"
  name=$2 seconds=$3 dictionary=
  [ ! -f "../tests/fuzz/$name.dict" ] || dictionary="-dict=../tests/fuzz/$name.dict"
  # shellcheck disable=SC2086 # no dictionary, no argument
  ./"$name" -seed=1 -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    $dictionary "corpus/$name" 2>"$name.log" || { tail -n 40 "$name.log"; echo "fuzz $name: found something"; exit 1; }
  echo "fuzz $name: $(sed -n 's/stat::number_of_executed_units: *//p' "$name.log") runs in $seconds s, nothing found"
  exit 0
fi
seconds=${1:-60}
cd "$(dirname "$0")/../.."
if ! command -v clang >/dev/null 2>&1; then
  echo "dslt: the fuzzers need clang and its run-time library: apt-get install clang libclang-rt-14-dev (or your clang's number)" >&2
  exit 1
fi
mkdir -p build-fuzz/objects
cc=clang
! command -v ccache >/dev/null 2>&1 || cc="ccache clang"
flags="-std=c11 -D_GNU_SOURCE -g -O1 -fno-sanitize-recover=all -Iinclude -Ihost -Itests/fuzz"
flags="$flags $(pkg-config --cflags jansson) -DDSLT_SHIPPED_FOLDER='\"$PWD/weights\"'"

# network_probe.c runs networks; no_backend.c stands in for it.
sources="$(ls host/base/*.c host/nn/*.c host/backend/graph.c host/dataset/*.c host/eval/*.c | grep -v network_probe)
  tests/fuzz/no_backend.c
  $(ls host/media/*.c | grep -v ffmpeg)
  host/trax/message.c host/trax/region.c host/trax/image.c host/live/message.c host/live/guard.c"
fuzzers="safetensors boxes vot dataset picture trax live state"
# Saved trackers are loaded and go on: all trackers and the CPU backend in plain loops, with the OpenMP of tests/fuzz/omp.h.
sources="$sources $(ls host/tracker/*.c host/trackers/*/*.c host/backend/*.c host/backend/cpu/*.c | grep -v -e onednn_ -e backend/graph.c)"
libraries="$(pkg-config --libs jansson) -lm -lpthread"
# Videos where FFmpeg's libraries and its program, for the seeds, are there.
ffmpeg="libavformat libavcodec libavutil libswscale"
# shellcheck disable=SC2086 # the lists are meant to be split
if pkg-config --exists $ffmpeg && command -v ffmpeg >/dev/null; then
  flags="$flags -DDSLT_FFMPEG $(pkg-config --cflags $ffmpeg)"
  libraries="$libraries $(pkg-config --libs $ffmpeg)"
  sources="$sources $(ls host/media/ffmpeg*.c)"
  fuzzers="$fuzzers container"
else
  sources="$sources host/media/no_ffmpeg.c"
fi

# ONNX models where libonnx is there.
if pkg-config --exists protobuf && [ -f /usr/include/onnx/onnx_pb.h ]; then
  fuzzers="$fuzzers onnx"
else
  echo "fuzz onnx: left out, libonnx-dev is not installed"
fi

# All that parses goes into an archive, from which each fuzzer takes what it needs.
rm -rf build-fuzz/objects build-fuzz/parsers.a
mkdir build-fuzz/objects
# shellcheck disable=SC2016,SC2086 # expanded by the inner shell; a list
printf '%s\n' $sources | COMPILE="$cc $flags -fsanitize=fuzzer-no-link,address,undefined" xargs -P "$(nproc)" -n 1 sh -c \
  'eval "$COMPILE" -c "$1" -o "build-fuzz/objects/$(echo "$1" | tr / _).o"' compile
ar rcs build-fuzz/parsers.a build-fuzz/objects/*.o
for name in $fuzzers; do
  compiler=clang parts="$flags tests/fuzz/fuzz_$name.c" more=
  if [ "$name" = onnx ]; then
    # onnx.cpp stands in front of the archive, which has no_onnx.c for the others.
    compiler=clang++ more="-lonnx_proto $(pkg-config --libs protobuf)"
    parts="${flags#-std=c11} -std=c++17 $(pkg-config --cflags protobuf) tests/fuzz/fuzz_onnx.cpp host/nn/onnx.cpp"
  fi
  eval "$compiler" "$parts" -fsanitize=fuzzer,address,undefined build-fuzz/parsers.a "$libraries $more" -o "build-fuzz/$name"
done

corpus=build-fuzz/corpus
for name in $fuzzers; do mkdir -p "$corpus/$name"; done
printf ' 1\n10.5,20,30,40\n1,2,3,4,5,6,7,8\n2\n0\n' >$corpus/vot/regions
printf '\0010.5,0.2\nNaN,1\n' >$corpus/vot/times
printf '0 1,2\t3;4\r\nnan,1e3,-2,.5\n' >$corpus/dataset/numbers
printf '2one\n two words \r\n\n' >$corpus/dataset/names
printf '3width = 640\nheight: 480\n' >$corpus/dataset/settings
printf '0@@TRAX:initialize "file:///a b.jpg" "1,2,3,4" "key=va\\\\lue\\""' >$corpus/trax/message
printf '1mask:10,20,4,3,5,2,2,2' >$corpus/trax/mask
printf '10,0,8,0,8,8,0,8' >$corpus/trax/polygon
printf '2image:2;1;rgb;YWJjZGVm' >$corpus/trax/pixels
printf '2data:image/png;base64,iVBORw0KGgo=' >$corpus/trax/picture
printf '0{"do":"box","box":[1,2.5,30,40],"target":2}' >$corpus/live/box
printf '0{"do":"set","key":"window","value":"0.2"}' >$corpus/live/set
printf '0{"do":"record","on":true}' >$corpus/live/record
printf '1POST\n/command\nlocalhost:8765\nhttp://localhost:8765\nsame-origin\ncors\napplication/json\n40' >$corpus/live/post
printf '2GET\n/0123456789abcdef0123456789abcdef/frame\n[::1]:80\n\n\n\n\n' >$corpus/live/token
printf '\000\100' >$corpus/state/whole
printf '\101\100\001\002\000\000\001\002\003\004\002' >$corpus/state/sealed
printf '\377DSLTSAVE' >$corpus/state/bytes
printf '\101\100%072d' 0 >$corpus/state/long
python3 tests/fuzz/make_safetensors_corpus.py $corpus/safetensors
python3 tests/fuzz/make_picture_corpus.py $corpus/picture
[ ! -d $corpus/onnx ] || python3 tests/fuzz/make_onnx_corpus.py $corpus/onnx
case $fuzzers in *container*)
  for name in a.mp4 a.mkv a.webm a.ts a.flv a.avi; do
    ffmpeg -v error -nostdin -y -f lavfi -i testsrc2=size=32x32:rate=25:duration=0.4 $corpus/container/$name
  done ;;
esac
# shellcheck disable=SC2086
printf '%s\n' $fuzzers | xargs -P "$(nproc)" -I NAME tests/fuzz/run.sh --one NAME "$seconds"
