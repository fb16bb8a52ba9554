#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds that the usual one does not cover: without the optional libraries, with OpenCV in FFmpeg's place, and with oneDNN 3,
# which Debian 12 does not have. Each runs the fast tests of the rooms that differ.
#
#   scripts/variants.sh [plain] [opencv] [onednn3]        default: all
set -eu
cd "$(dirname "$0")/.."
jobs=$(nproc)

# A build in a folder of its own: name, rooms to test, then cmake's options.
variant() {
  folder=build-$1 rooms=$2
  shift 2
  cmake --preset cpu -B "$folder" "$@" >/dev/null
  cmake --build "$folder" --parallel "$jobs" --target dslt $(printf 'dslt_test_%s ' $rooms) \
    >"$folder/build.log" || { tail -n 40 "$folder/build.log"; return 1; }
  "$folder/dslt" info
  scripts/run_tests.py "$folder" --jobs "$jobs" --exclude slow --brief -- --label-regex "^($(echo "$rooms" | tr ' ' '|'))\$"
}

plain() {
  echo "without OpenCV, FFmpeg, oneDNN, libonnx, libcrypto, LAPACK, civetweb:"
  variant plain "backend nn tracker media live" \
    -D DSLT_WITH_OPENCV=OFF -D DSLT_WITH_FFMPEG=OFF -D DSLT_WITH_ONEDNN=OFF \
    -D DSLT_WITH_ONNX=OFF -D DSLT_WITH_LIBCRYPTO=OFF -D DSLT_WITH_LAPACK=OFF -D DSLT_WITH_GSTREAMER=OFF \
    -D DSLT_WITH_CIVETWEB=OFF
}

opencv() {
  echo "without FFmpeg, so that OpenCV reads and writes videos:"
  variant opencv media -D DSLT_WITH_FFMPEG=OFF
}

# From PyPI: Debian 12 has oneDNN 2.
onednn3() {
  echo "with oneDNN 3:"
  wheels=$PWD/build-onednn3/wheels
  if [ ! -d "$wheels/x" ]; then
    mkdir -p "$wheels"
    if ! python3 -m pip download -q --no-deps -d "$wheels" onednn-cpu-gomp onednn-devel-cpu-gomp >"$wheels/log" 2>&1; then
      echo "skipped: PyPI's onednn-cpu-gomp could not be fetched (build-onednn3/wheels/log)"
      return 0
    fi
    for wheel in "$wheels"/*.whl; do python3 -m zipfile -e "$wheel" "$wheels/x"; done
  fi
  include=$(find "$wheels/x" -path '*/oneapi/dnnl/dnnl.h' | head -n 1)
  library=$(find "$wheels/x" -name libdnnl.so | head -n 1)
  variant onednn3 "backend nn tracker" -D DNNL_INCLUDE_DIR="${include%/oneapi/dnnl/dnnl.h}" -D DNNL_LIBRARY="$library"
}

for name in ${*:-plain opencv onednn3}; do
  case $name in
    plain | opencv | onednn3) "$name" ;;
    *) echo "variants.sh: there is no variant \"$name\", only plain, opencv and onednn3" >&2; exit 2 ;;
  esac
done
