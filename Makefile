# SPDX-License-Identifier: Apache-2.0
# A thin front door over CMake; every target installs what it needs by itself (scripts/setup.sh) and configures the folder
# (scripts/configure.sh).
#
#   make demo       build the program for this machine, render a clip and track it: demo/track.mp4, demo/boxes.txt,
#                   demo/filmstrip.png
#   make check      build everything and run the tests, of the slow ones one in five; say what was skipped and why
#   make check-all  the complete set: every test, sanitizers, fuzzers, Valgrind, other builds, all GPU architectures
#   make program    build/dslt alone
#   make build      build/dslt and libdslt, as they are installed
#   make all        everything, tests too
#   make install    into PREFIX (default /usr/local)
#   make sanitize   the tests under AddressSanitizer and UndefinedBehaviorSanitizer
#   make tsan       the tests with threads, and every kernel with its blocks as threads, under ThreadSanitizer
#   make fuzz       the fuzzers, FUZZ_SECONDS each (needs clang)
#   make valgrind   a 20-frame run under Valgrind (needs valgrind)
#   make variants   the program without its optional libraries, and with oneDNN 3
#   make mutants    break the code in many places, one at a time: does a test notice? (hours)
#   make docs       the site of docs/ and the reference of include/dslt/dslt.h into build/docs/html (needs Sphinx, MyST, furo,
#                   Doxygen)
#   make lint       formatting and layering
#   make format     clang-format over the sources
#   make clean
#
# PRESET is auto (default: the CUDA parts are built where a usable nvcc is on PATH), cpu or cuda. BUILD is the folder (default
# build). SLOW=1 lets check and sanitize run every slow test. CUDA_ARCHITECTURES="80;90" compiles for those GPUs only.

PRESET ?= auto
PREFIX ?= /usr/local
BUILD ?= build
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
RUN_TESTS = scripts/run_tests.py --jobs $(JOBS) $(if $(SLOW),--all)

.PHONY: all program build demo check check-all test sanitize tsan fuzz valgrind variants mutants docs lint install format clean

all:
	@scripts/setup.sh
	@scripts/configure.sh all $(BUILD) $(PRESET)
	@cmake --build $(BUILD) --parallel $(JOBS)

program:
	@scripts/setup.sh program
	@scripts/configure.sh program $(BUILD) $(PRESET)
	@cmake --build $(BUILD) --parallel $(JOBS) --target dslt

build:
	@scripts/setup.sh program
	@scripts/configure.sh library $(BUILD) $(PRESET)
	@cmake --build $(BUILD) --parallel $(JOBS) --target dslt dslt_static dslt_shared dslt_manual dslt_plugins

demo: program
	@$(BUILD)/dslt demo --out demo

check test: all
	@$(RUN_TESTS) $(BUILD)

check-all:
	@scripts/check_all.sh

sanitize:
	@scripts/setup.sh
	@cmake --preset sanitize
	@cmake --build build-sanitize --parallel $(JOBS)
	@$(RUN_TESTS) build-sanitize $(if $(SLOW),,--exclude numeric)

tsan:
	@scripts/setup.sh
	@cmake --preset tsan
	@cmake --build build-tsan --parallel $(JOBS) --target dslt dslt_test_api dslt_test_media dslt_test_experiment dslt_test_kernels
	@scripts/run_tests.py --jobs $(JOBS) --all build-tsan -- --label-regex '^threads$$'

fuzz:
	@scripts/setup.sh
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

valgrind: program
	@tests/valgrind.sh $(BUILD)

variants:
	@scripts/setup.sh
	@scripts/variants.sh

mutants:
	@scripts/setup.sh
	@tests/mutation/mutate.py

docs:
	@scripts/docs.sh $(BUILD)/docs

lint:
	@scripts/lint.sh

install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' '*.cpp' '*.cu' | xargs clang-format -i

clean:
	@rm -rf build build-* demo
