#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The complete set, for releases and nightly runs: every test in every build. .ci/run is the part for each submission.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

step "packages" scripts/setup.sh checks
step "lint" make lint
step "documentation" make docs
step "demo" make demo
step "sanitizers, every test" make sanitize SLOW=1
step "ThreadSanitizer" make tsan
step "fuzzers" make fuzz
step "Valgrind" make valgrind
step "other builds" make variants
step "make check, every test, all GPU architectures" make check SLOW=1
finish
