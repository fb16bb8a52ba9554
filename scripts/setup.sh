#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install the distribution packages that dslt is built with, if any is missing.
#
#   scripts/setup.sh            install what is missing to build and test everything (as root, or with sudo where that asks
#                               no password); otherwise print the one line to type and stop
#   scripts/setup.sh program    what the program alone needs (make demo)
#   scripts/setup.sh checks     the tools of `make check-all` and CI as well
#   scripts/setup.sh [GROUP] --print    print that line, or nothing when all is there
#
# Debian 12, Ubuntu 24.04 and newer. Elsewhere it only checks that the tools can be found.
set -eu

group=tests
case ${1:-} in
  program | tests | checks) group=$1; shift ;;
esac

packages="g++ cmake ninja-build pkg-config libjansson-dev libssl-dev libdnnl-dev libopencv-dev
          libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libcivetweb-dev libonnx-dev libprotobuf-dev liblapack-dev"
# GoogleTest; VLFeat's HOG to compare with; ffmpeg makes videos for tests; Python for the weight converter, the page of `dslt report`, the
# package and their tests.
[ "$group" = program ] || packages="$packages git libgtest-dev libvlfeat-dev ffmpeg python3 python3-dev python3-venv python3-numpy python3-matplotlib python3-pil python3-jinja2
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev gstreamer1.0-tools gstreamer1.0-plugins-base"
# libFuzzer and clang's sanitizers are a package of their own; a locale with a decimal comma and a display serve tests;
# Sphinx with MyST and furo, and Doxygen, make the documentation; tests draw pictures with OpenCV for Python.
[ "$group" != checks ] || packages="$packages ccache clang clang-format libclang-rt-dev valgrind doxygen graphviz
  python3-sphinx python3-myst-parser furo locales-all xvfb python3-pip python3-venv abigail-tools groff zsh fish python3-scipy python3-opencv"
# Tests that open pages skip without a browser, which not every release has as a package (Ubuntu has a snap).
optional=
[ "$group" != checks ] || optional="chromium"

say() { printf '%s\n' "$*" >&2; }

if ! command -v dpkg-query >/dev/null 2>&1; then
  absent=
  for tool in c++ cmake ninja pkg-config python3; do
    command -v "$tool" >/dev/null 2>&1 || absent="$absent $tool"
  done
  if [ -n "$absent" ]; then
    say "dslt: please install with your system's package manager:$absent"
    say "dslt: the libraries needed are jansson, and for all features oneDNN, OpenCV 4, FFmpeg 5.1, libonnx, libcrypto, LAPACK and GoogleTest."
    exit 1
  fi
  exit 0
fi

# Which of these packages are not installed.
absent_of() {
  for package in $1; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || printf ' %s' "$package"
  done
}
missing=$(absent_of "$packages")
wanted=$(absent_of "$optional")
[ -n "$missing$wanted" ] || exit 0
missing=${missing# }

line="apt-get update"
[ -z "$missing" ] || line="$line && apt-get install --no-install-recommends -y $missing"
for package in $wanted; do
  line="$line && { apt-get install --no-install-recommends -y $package || echo no $package; }"
done
if [ "${1:-}" = --print ]; then
  printf '%s\n' "sudo sh -c '$line'"
  exit 0
fi

if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  say "dslt: some packages are missing and only root may install them. Type this, then run make again:"
  say "  sudo sh -c '$line'"
  exit 1
fi

say "dslt: installing $missing$wanted"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! $as_root sh -c "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; $line" >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  say "dslt: the packages could not be installed (above: the end of what apt-get printed)."
  exit 1
fi
