# SPDX-License-Identifier: Apache-2.0
# A thin front door over the CMake presets; every target sets up what it needs by itself.
#
#   make demo      render a clip, track it, write demo/track.mp4, demo/boxes.txt and demo/filmstrip.png
#   make check     build everything and run the tests, of the slow ones one in five (SLOW=1: all); says what was skipped and why
#   make build     build/dslt and libdslt
#   make sanitize  every test again under AddressSanitizer and UndefinedBehaviorSanitizer
#   make fuzz      the fuzzers, FUZZ_SECONDS each (needs clang)
#   make valgrind  a 20-frame run under Valgrind (needs valgrind)
#   make install   into PREFIX (default /usr/local)
#   make format    clang-format over the sources
#   make clean
#
# PRESET is auto (default: the CUDA parts are built where a usable nvcc is on PATH), cpu or cuda. BUILD is the folder, default
# build.

PRESET ?= auto
PREFIX ?= /usr/local
BUILD ?= build
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60

.PHONY: all build demo check test sanitize fuzz valgrind install format clean setup

all: build

setup:
	@scripts/setup.sh

# Configure anew when the preset or the nvcc on PATH changed, or the last attempt failed.
CHOICE = $(PRESET) $(if $(filter-out cpu,$(PRESET)),$(shell command -v nvcc 2>/dev/null))
CONFIGURE = $(if $(filter auto,$(PRESET)),--preset cuda -D DSLT_WITH_CUDA=AUTO,--preset $(PRESET))
build: setup
	@[ -f $(BUILD)/build.ninja ] && [ "$$(cat $(BUILD)/.choice 2>/dev/null)" = "$(CHOICE)" ] || \
	  { rm -rf $(BUILD)/CMakeCache.txt $(BUILD)/CMakeFiles $(BUILD)/build.ninja $(BUILD)/.choice; \
	    cmake $(CONFIGURE) -B $(BUILD) && echo "$(CHOICE)" >$(BUILD)/.choice; }
	@cmake --build $(BUILD) --parallel $(JOBS)

demo: build
	@$(BUILD)/dslt demo --out demo

check test: build
	@scripts/run_tests.py $(BUILD) --jobs $(JOBS) $(if $(SLOW),--all)

sanitize: setup
	@cmake --preset debug
	@cmake --build build-debug --parallel $(JOBS)
	@ctest --test-dir build-debug --output-on-failure --parallel $(JOBS)

fuzz: setup
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

valgrind: build
	@tests/valgrind.sh $(BUILD)

install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' '*.cpp' '*.cu' | xargs clang-format -i

clean:
	@rm -rf build build-debug build-fuzz demo
