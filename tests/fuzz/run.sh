#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build the fuzzers with clang's libFuzzer and run each for the given seconds (default 60). A finding is a non-zero exit
# code and a file crash-* in build-fuzz.
set -eu
seconds=${1:-60}
cd "$(dirname "$0")/../.."
if ! command -v clang >/dev/null 2>&1; then
  echo "dslt: the fuzzers need clang and its run-time library: apt-get install clang libclang-rt-14-dev (or your clang's number)" >&2
  exit 1
fi
mkdir -p build-fuzz
flags="-std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Iinclude -Ihost"
libraries="$(pkg-config --cflags --libs jansson) -lm"
util=$(echo host/base/*.c)

network="host/backend/graph.c host/nn/network.c host/nn/network_simplify.c host/nn/network_text.c $(echo host/nn/onnx_*.c)"

# shellcheck disable=SC2086 # the lists are meant to be split
clang $flags "-DDSLT_SHIPPED_FILE=\"$PWD/weights/slim.safetensors\"" tests/fuzz/fuzz_safetensors.c host/nn/arch.c host/nn/shipped.c \
  host/nn/safetensors.c host/nn/weights*.c $network host/nn/no_onnx.c $util $libraries -o build-fuzz/safetensors
# shellcheck disable=SC2086
clang $flags tests/fuzz/fuzz_boxes.c host/dataset/box_parse.c $util $libraries -o build-fuzz/boxes
# shellcheck disable=SC2086
clang $flags tests/fuzz/fuzz_vot.c host/eval/vot_overlap.c host/eval/vot_result.c host/dataset/box_parse.c $util $libraries -o build-fuzz/vot
# shellcheck disable=SC2086
clang $flags tests/fuzz/fuzz_dataset.c host/dataset/dataset_text.c host/dataset/dataset_files.c $util $libraries -o build-fuzz/dataset
# shellcheck disable=SC2086
clang $flags tests/fuzz/fuzz_picture.c host/media/picture.c host/media/picture_check.c host/media/exif.c host/media/orient.c \
  host/media/pnm.c host/media/no_opencv.c $util $libraries -o build-fuzz/picture

fuzzers="safetensors boxes vot dataset picture"
# Videos where FFmpeg's libraries and its program, for the seeds, are there.
if pkg-config --exists libavformat libavcodec libavutil libswscale && command -v ffmpeg >/dev/null; then
  # shellcheck disable=SC2046,SC2086
  clang $flags -DDSLT_FFMPEG tests/fuzz/fuzz_container.c host/media/ffmpeg.c host/media/mp4.c host/media/notes.c \
    host/media/orient.c host/media/picture.c host/media/picture_check.c host/media/exif.c host/media/pnm.c \
    host/media/no_opencv.c $util $libraries \
    $(pkg-config --cflags --libs libavformat libavcodec libavutil libswscale) -lpthread -o build-fuzz/container
  fuzzers="$fuzzers container"
fi

if pkg-config --exists protobuf && [ -f /usr/include/onnx/onnx_pb.h ]; then
  fuzzers="$fuzzers onnx"
  mkdir -p build-fuzz/onnx-objects
  for source in $network host/nn/arch.c host/nn/shipped.c host/nn/safetensors.c $(echo host/nn/weights*.c) $util; do
    # shellcheck disable=SC2086
    clang $flags "-DDSLT_SHIPPED_FILE=\"$PWD/weights/slim.safetensors\"" $(pkg-config --cflags jansson) -c "$source" \
      -o "build-fuzz/onnx-objects/$(echo "$source" | tr / _).o"
  done
  # shellcheck disable=SC2086,SC2046
  clang++ ${flags#-std=c11} -std=c++17 $(pkg-config --cflags protobuf) tests/fuzz/fuzz_onnx.cpp host/nn/onnx.cpp \
    build-fuzz/onnx-objects/*.o $libraries -lonnx_proto $(pkg-config --libs protobuf) -o build-fuzz/onnx
else
  echo "fuzz onnx: left out, libonnx-dev is not installed"
fi

corpus=build-fuzz/corpus
mkdir -p $corpus/safetensors $corpus/boxes $corpus/vot $corpus/dataset $corpus/picture $corpus/onnx $corpus/container
printf ' 1\n10.5,20,30,40\n1,2,3,4,5,6,7,8\n2\n0\n' >$corpus/vot/regions
printf '\0010.5,0.2\nNaN,1\n' >$corpus/vot/times
printf '0 1,2\t3;4\r\nnan,1e3,-2,.5\n' >$corpus/dataset/numbers
printf '2one\n two words \r\n\n' >$corpus/dataset/names
printf '3width = 640\nheight: 480\n' >$corpus/dataset/settings
python3 tests/fuzz/make_safetensors_corpus.py $corpus/safetensors
python3 tests/fuzz/make_picture_corpus.py $corpus/picture
case $fuzzers in *container*)
  for name in a.mp4 a.mkv a.webm a.ts a.flv a.avi; do
    ffmpeg -v error -nostdin -y -f lavfi -i testsrc2=size=32x32:rate=25:duration=0.4 $corpus/container/$name
  done ;;
esac
python3 tests/fuzz/make_onnx_corpus.py $corpus/onnx
cd build-fuzz
for fuzzer in $fuzzers; do
  dictionary=../tests/fuzz/$fuzzer.dict
  [ -f "$dictionary" ] && dictionary="-dict=$dictionary" || dictionary=
  # shellcheck disable=SC2086
  ./$fuzzer -seed=1 -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    $dictionary corpus/$fuzzer 2>$fuzzer.log || { tail -n 40 $fuzzer.log; echo "fuzz $fuzzer: found something"; exit 1; }
  echo "fuzz $fuzzer: $(sed -n 's/stat::number_of_executed_units: *//p' $fuzzer.log) runs in $seconds s, nothing found"
done
