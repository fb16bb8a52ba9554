#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install into a temporary prefix, move it, and build and run a user's program against it: by find_package() and by
# pkg-config, shared and static, in C and in C++ alone.
#
#   consumers.sh SOURCE BUILD        environment: CMAKE, CC, CXX, SANITIZE (the sanitizers of BUILD)
set -eu
source=$1 build=$2
cmake=${CMAKE:-cmake}
cc=${CC:-cc} cxx=${CXX:-c++}
sanitize=${SANITIZE:+-fsanitize=$SANITIZE}
CFLAGS=$sanitize CXXFLAGS=$sanitize LDFLAGS=$sanitize
export CFLAGS CXXFLAGS LDFLAGS
command -v "$cmake" >/dev/null || { echo "skipped: there is no cmake here"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
quiet() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; fail "$*"; }; }

# ---- the installation, moved after it was made -----------------------------------------------------

quiet "$cmake" --install "$build" --prefix "$work/first"
mkdir "$work/a place"
prefix="$work/a place/dslt"
mv "$work/first" "$prefix"
lib=$(dirname "$(find "$prefix" -name libdslt.a)")
for file in bin/dslt include/dslt/dslt.h; do
  [ -f "$prefix/$file" ] || fail "$file was not installed"
done
for file in libdslt.a libdslt.so pkgconfig/dslt.pc cmake/dslt/dslt-config.cmake \
            cmake/dslt/dslt-config-version.cmake cmake/dslt/dslt-targets.cmake; do
  [ -f "$lib/$file" ] || fail "$file was not installed"
done
# where Python wrote them
for file in man/man1/dslt.1 bash-completion/completions/dslt zsh/site-functions/_dslt fish/vendor_completions.d/dslt.fish; do
  [ ! -f "$build/manual/dslt.1" ] || [ -f "$prefix/share/$file" ] || fail "share/$file was not installed"
done
[ ! -f "$source/README.md" ] || [ -f "$prefix/share/doc/dslt/README.md" ] || fail "README.md was not installed"
version=$("$prefix/bin/dslt" --version)
[ "$version" = "dslt $(sed -n 's/^Version: //p' "$lib/pkgconfig/dslt.pc")" ] || fail "version $version"
for text in "$lib"/cmake/dslt/*.cmake "$lib/pkgconfig/dslt.pc"; do
  ! grep -qF -e "$work" -e "$build" -e "$source" "$text" || fail "$text names a folder of the build"
done

# ---- three frames of pixels to track in ------------------------------------------------------------

for shift in 0 300 600; do
  { printf 'P6 64 48 255\n'; tail -c +$((1 + shift)) "$source/include/dslt/dslt.h" | head -c 9216; } \
    >"$work/$shift.ppm"
done
track() { # PROGRAM: three lines of four numbers, the first the box given
  "$@" random:vgg16/16 20,12,16,16 "$work/0.ppm" "$work/300.ppm" "$work/600.ppm" >"$work/boxes" || fail "$* did not run"
  [ "$(grep -cE '^-?[0-9.]+,-?[0-9.]+,[0-9.]+,[0-9.]+$' "$work/boxes")" = 3 ] || fail "$* printed no boxes"
  [ "$(head -n 1 "$work/boxes")" = 20.00,12.00,16.00,16.00 ] || fail "$* lost the first box"
  [ -f "$work/expected" ] || cp "$work/boxes" "$work/expected"
  cmp -s "$work/boxes" "$work/expected" || fail "$* found other boxes than the first program"
}

# ---- find_package ----------------------------------------------------------------------------------

mkdir "$work/c" "$work/cxx"
cat >"$work/c/CMakeLists.txt" <<EOF
cmake_minimum_required(VERSION 3.22)
project(consumer LANGUAGES C)
set(CMAKE_C_STANDARD 11)
find_package(dslt 0.2 REQUIRED COMPONENTS shared static)
add_executable(shared "$source/examples/minimal.c")
target_link_libraries(shared PRIVATE dslt::dslt)
add_executable(static "$source/examples/minimal.c")
target_link_libraries(static PRIVATE dslt::static)
EOF
cat >"$work/cxx/CMakeLists.txt" <<EOF
cmake_minimum_required(VERSION 3.22)
project(consumer LANGUAGES CXX)
find_package(dslt REQUIRED)
find_package(dslt REQUIRED)
add_executable(shared main.cpp)
target_link_libraries(shared PRIVATE dslt::dslt)
add_executable(static main.cpp)
target_link_libraries(static PRIVATE dslt::static)
EOF
cat >"$work/cxx/main.cpp" <<EOF
#include <dslt/dslt.h>
#include <cstdio>
int main() {
  dslt_weights *weights = nullptr;
  dslt_tracker *tracker = nullptr;
  if (dslt_weights_random(&weights, "vgg16/16", 1) < 0 || dslt_tracker_create(&tracker, nullptr, weights) < 0) {
    std::printf("%s\n", dslt_last_error());
    return 1;
  }
  std::printf("%s %s\n", dslt_version(), dslt_tracker_backend(tracker));
  dslt_tracker_free(tracker);
  dslt_weights_free(weights);
}
EOF
for language in c cxx; do
  quiet "$cmake" -S "$work/$language" -B "$work/$language/build" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx"
  quiet "$cmake" --build "$work/$language/build"
done
track "$work/c/build/shared"
track "$work/c/build/static"
quiet "$work/cxx/build/shared"
quiet "$work/cxx/build/static"
! ldd "$work/c/build/static" | grep -q libdslt || fail "dslt::static linked the shared library"
ldd "$work/c/build/shared" | grep -q "libdslt.*a place" || fail "dslt::dslt did not link the shared library"

# Without the static library's needs the shared one serves as before, and who insists on the static one learns why.
mkdir "$work/bare"
cat >"$work/bare/CMakeLists.txt" <<EOF
cmake_minimum_required(VERSION 3.22)
project(consumer LANGUAGES C)
find_package(dslt REQUIRED COMPONENTS \${WANTED})
if(NOT TARGET dslt::dslt OR TARGET dslt::static)
  message(FATAL_ERROR "the wrong targets are there")
endif()
EOF
export PKG_CONFIG_LIBDIR="$work" # an empty world for pkg-config
quiet "$cmake" -S "$work/bare" -B "$work/bare/build" -DCMAKE_PREFIX_PATH="$prefix" -DWANTED=shared
! "$cmake" -S "$work/bare" -B "$work/bare/build" -DWANTED=static >"$work/log" 2>&1 || fail "a static library without needs"
tr -s ' \n' ' ' <"$work/log" | grep -q "links what is not found here: jansson" || { cat "$work/log"; fail "no reason given"; }
unset PKG_CONFIG_LIBDIR

# What goes wrong is said, with the library's own sentence.
refuse() { # EXPECTED ARGUMENTS...
  expected=$1
  shift
  ! "$work/c/build/shared" "$@" >"$work/log" 2>&1 || fail "accepted: $*"
  grep -q "$expected" "$work/log" || { cat "$work/log"; fail "$* should have said: $expected"; }
}
head -c 5000 "$work/0.ppm" >"$work/short.ppm"
refuse "Usage: minimal" random:vgg16/16 20,12,16,16
refuse "Usage: minimal" random:vgg16/16 20,12,16 "$work/0.ppm"
refuse "DSLT_EOPTION: There is no arch" random:vgg16/3 20,12,16,16 "$work/0.ppm"
refuse "DSLT_EIO: .*none.safetensors" "$work/none.safetensors" 20,12,16,16 "$work/0.ppm"
refuse "DSLT_EBOX: " random:vgg16/16 99,12,16,16 "$work/0.ppm"
refuse "short.ppm is no whole P6 picture" random:vgg16/16 20,12,16,16 "$work/short.ppm"
refuse "none.ppm is no whole P6 picture" random:vgg16/16 20,12,16,16 "$work/none.ppm"

# ---- pkg-config ------------------------------------------------------------------------------------

if ! command -v pkg-config >/dev/null; then
  echo "pkg-config: not tried, it is not here"
  exit 0
fi
# Both flavours print paths with blanks escaped for a shell.
PKG_CONFIG_PATH=$lib/pkgconfig
export PKG_CONFIG_PATH
[ "dslt $(pkg-config --modversion dslt)" = "$version" ] || fail "pkg-config knows another version"
shared=$(pkg-config --cflags --libs dslt)
case $shared in *jansson* | *dnnl*) fail "pkg-config burdens users of the shared library: $shared" ;; esac
static=$(pkg-config --static --cflags --libs dslt | sed 's/-ldslt /-l:libdslt.a /')
eval "quiet '$cc' -std=c11 $sanitize '$source/examples/minimal.c' -o '$work/shared' $shared -Wl,-rpath,'$lib'"
eval "quiet '$cc' -std=c11 $sanitize '$source/examples/minimal.c' -o '$work/static' $static"
! ldd "$work/static" | grep -q libdslt || fail "pkg-config --static linked the shared library"
track "$work/shared"
track "$work/static"
echo "installed, moved, and used by find_package and pkg-config, shared and static"
