#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does a clone build on a machine that has nothing? A root file system with the distribution's essential packages alone is made by
# debootstrap in a temporary folder; in it scripts/setup.sh runs as root, and everything else as a user without rights: the build,
# `dslt demo` and a few tests. Needs root, debootstrap, unshare and a mirror; 3 GB of disk and some ten minutes a release.
#
#   scripts/bare_root.sh [--suite NAME] [--mirror URL] [--build program|tests] [--tests REGEX] [--keep]
#
#   --suite NAME      release: bookworm (the default), trixie, noble ...
#   --mirror URL      where its packages are (http://deb.debian.org/debian)
#   --build WHAT      program: dslt alone (make program); tests: dslt and the tests of the tracker's room (the default)
#   --tests REGEX     which of these tests run, as ctest -R takes it (the default takes about a minute)
#   --keep            leave the folder, and say where it is
#
# Exit code 0: all passed; 77: skipped, with the reason (not root, no debootstrap, no mirror).
set -eu
suite=bookworm mirror=http://deb.debian.org/debian build=tests keep=
tests='^(Found|FirstSight|Refusal|SaveOfOneColour)'
while [ $# -gt 0 ]; do
  case $1 in
    --suite) suite=$2; shift 2 ;;
    --mirror) mirror=$2; shift 2 ;;
    --build) build=$2; shift 2 ;;
    --tests) tests=$2; shift 2 ;;
    --keep) keep=1; shift ;;
    -h | --help) sed -n 's/^# \{0,1\}//; 3,17p' "$0"; exit 0 ;;
    *) echo "bare_root.sh: unknown argument $1; see --help" >&2; exit 2 ;;
  esac
done
case $build in program | tests) ;; *) echo "bare_root.sh: --build is program or tests, not $build" >&2; exit 2 ;; esac

skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "only root can make a root file system"
for tool in debootstrap unshare git; do command -v $tool >/dev/null 2>&1 || skip "no $tool"; done
cd "$(dirname "$0")/.."

root=$(mktemp -d "${TMPDIR:-/tmp}/dslt-bare-XXXXXX")
chmod 755 "$root" # a user goes in, too
log=$root.log
# Nothing is mounted outside of the name space that unshare makes, so that removing the folder removes only it.
clean() {
  if [ -n "$keep" ]; then echo "kept: $root"; else rm -rf --one-file-system "$root" "$log"; fi
}
trap clean EXIT
trap 'exit 130' INT TERM
began=$(date +%s)
say() { printf '%5d s  %s\n' $(($(date +%s) - began)) "$*"; }
fail() { tail -n 40 "$log" >&2; echo "bare_root $suite: $* failed (above: the end of what it printed)" >&2; exit 1; }

say "a bare root of $suite from $mirror"
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$log" 2>&1 || {
  grep -q "Failed getting release file" "$log" && skip "no $suite at $mirror"
  fail debootstrap
}
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir "$root/src"
git archive HEAD | tar -x -C "$root/src" # what is committed, as a clone has it

# A command inside, with /proc of its own and the system's devices.
inside() {
  unshare --mount --pid --fork sh -euc '
    mount -t proc proc "$1/proc"
    mount --rbind /dev "$1/dev"
    root=$1; shift
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 CI=true "$@"' - "$root" "$@"
}
as_user() { inside setpriv --reuid=1000 --regid=1000 --clear-groups sh -euc "cd /src && $1"; }
step() { # NAME COMMAND...
  name=$1; shift
  "$@" >"$log" 2>&1 || fail "$name"
  say "$name"
}

packages=tests
[ "$build" = tests ] || packages=program
step "make is installed" inside sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --no-install-recommends -y make'
step "scripts/setup.sh $packages" inside sh -c "cd /src && scripts/setup.sh $packages"
again=$(inside sh -c "cd /src && scripts/setup.sh $packages --print")
[ -z "$again" ] || { echo "bare_root $suite: setup.sh left out: $again" >&2; exit 1; }
chown -R 1000:1000 "$root/src"
if [ "$build" = tests ]; then
  step "cmake --preset cpu" as_user "cmake --preset cpu"
  step "the build, as a user" as_user "nice cmake --build build --parallel $(nproc) --target dslt dslt_test_tracker"
else
  step "make program, as a user" as_user "nice make program PRESET=cpu"
fi
step "dslt demo" as_user "build/dslt demo --out /tmp/demo"
as_user "build/dslt info" >"$log" 2>&1 || fail "dslt info"
sed 's/^/         /' "$log"
if [ "$build" = tests ]; then
  step "tests" as_user "OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive ctest --test-dir build -R '$tests' --output-on-failure"
  grep -E 'tests passed|tests failed' "$log" | sed 's/^/         /'
  ! grep -q 'No tests were found' "$log" || { echo "bare_root $suite: no test matches $tests" >&2; exit 1; }
fi
say "passed"
