/* SPDX-License-Identifier: Apache-2.0 */
// main.cpp: dslt_bench_kernels: is every kernel right, how long does it take, and how near is that to what
// the device can do?
#include <argp.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <regex>

#include "bench.h"
#include "cli/exit_codes.h"

namespace {

struct Options {
  std::regex filter{""};
  bench::Output output = bench::Output::console;
  bool list = false, quick = false;
};

enum { KEY_LIST = 256, KEY_QUICK };

const argp_option kOptions[] = {
    {"filter", 'f', "REGEX", 0,
     "Only cases whose \"kernel shape\" REGEX is found in (ECMAScript, case ignored)", 0},
    {"output", 'o', "FORM", 0, "console (default), csv or json, on standard output", 0},
    {"list", KEY_LIST, nullptr, 0, "Print the cases and end; needs no GPU", 0},
    {"quick", KEY_QUICK, nullptr, 0, "Few repetitions: for tests of the answers, not of the times", 0},
    {nullptr, 0, nullptr, 0, nullptr, 0}};

const char kDoc[] =
    "Run every hand-written CUDA kernel and every layer of the backbone on the shapes of tracking, compare "
    "its result with the CPU "
    "backend's, and "
    "time it on the first GPU."
    "\v"
    "warm us is one launch of many in a CUDA graph (a mean; the median over repetitions), which is how a "
    "tracked "
    "frame runs. cold us is a launch alone with the second-level cache flushed before, and holds the launch "
    "itself. "
    "Bytes count every input and output once, FLOPs two for a multiply-add. The shares are of a copy and of "
    "float32 multiply-adds (for layers in bfloat16 or TF32: of a large matrix product in that type) measured "
    "on the same device just before; work that lives in the second-level "
    "cache can "
    "exceed the copy's. error is the largest difference from the CPU, relative to the largest value.\n\n"
    "Examples:\n"
    "  dslt_bench_kernels\n"
    "  dslt_bench_kernels --filter '^regress' --output json > regress.json\n\n"
    "Exit codes: 0 all right, 1 a kernel failed or gave a wrong result, 2 wrong command line, 5 no GPU.";

error_t parse(int key, char *value, argp_state *state) {
  Options &options = *static_cast<Options *>(state->input);
  switch (key) {
    case 'f': try { options.filter = std::regex(value, std::regex::ECMAScript | std::regex::icase);
      } catch (const std::regex_error &) {
        argp_failure(state, DSLT_EXIT_USAGE, 0, "\"%s\" is no regular expression; see --help.", value);
      }
      return 0;
    case 'o':
      if (std::strcmp(value, "console") == 0)
        options.output = bench::Output::console;
      else if (std::strcmp(value, "csv") == 0)
        options.output = bench::Output::csv;
      else if (std::strcmp(value, "json") == 0)
        options.output = bench::Output::json;
      else
        argp_failure(state, DSLT_EXIT_USAGE, 0, "--output takes console, csv or json, not \"%s\".", value);
      return 0;
    case KEY_LIST: options.list = true; return 0;
    case KEY_QUICK: options.quick = true; return 0;
    case ARGP_KEY_ARG:
      argp_failure(state, DSLT_EXIT_USAGE, 0, "\"%s\" is one word too many; see --help.", value);
      return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

struct Closer {
  void operator()(dslt_backend *backend) const { backend->device->close(backend); }
};

bench::Result run(const bench::Entry &entry, dslt_backend *cpu, dslt_stream stream,
                  const bench::Device &device, const bench::Ceilings &ceilings, bool quick) {
  bench::Result r = {};
  std::size_t space = entry.name.find(' ');
  r.kernel = entry.name.substr(0, space);
  r.shape = entry.name.substr(space + 1);
  try {
    bench::Memory memory;
    bench::Case what = entry.make(memory, cpu);
    bench::must(what.launch(stream));
    bench::must(cudaStreamSynchronize(stream), "run the kernel");
    r.bytes = what.bytes;
    r.flops = what.flops;
    r.error = what.error();
    r.tolerance = what.tolerance;
    r.right = r.error <= r.tolerance;
    r.times = bench::measure(what, stream, device, quick);
    r.copy_share = what.bytes / (r.times.warm_us * 1e-6) / ceilings.copy_bytes_per_s;
    const double peaks[] = {ceilings.fma_flops_per_s, ceilings.tf32_flops_per_s, ceilings.bf16_flops_per_s};
    r.flop_share = what.flops / (r.times.warm_us * 1e-6) / peaks[int(what.peak)];
  } catch (const bench::Failure &failure) {
    r.trouble = failure.what();
    r.right = false;
  }
  return r;
}

int fail(const char *sentence, int code) {
  std::fprintf(stderr, "dslt_bench_kernels: %s\n", sentence);
  return code;
}

}  // namespace

int main(int argc, char **argv) {
  Options options;
  const argp parser = {kOptions, parse, nullptr, kDoc, nullptr, nullptr, nullptr};
  argp_err_exit_status = DSLT_EXIT_USAGE;
  argp_parse(&parser, argc, argv, 0, nullptr, &options);

  std::vector<bench::Entry> chosen;
  for (bench::Entry &entry : bench::entries())
    if (std::regex_search(entry.name, options.filter)) chosen.push_back(std::move(entry));
  if (chosen.empty()) return fail("No case matches the filter; --list prints them all.", DSLT_EXIT_USAGE);
  if (options.list) {
    for (const bench::Entry &entry : chosen) std::printf("%s\n", entry.name.c_str());
    return DSLT_EXIT_OK;
  }
  bench::Device device;
  try {
    device = bench::describe();
  } catch (const bench::Failure &failure) {
    return fail(failure.what(), DSLT_EXIT_DEVICE);
  }
  try {
    dslt_backend_config config = {0, DSLT_PRECISION_F32, 0};
    dslt_backend *opened = nullptr;
    bench::must(dslt_cpu_backend.device->open(&opened, &config));
    std::unique_ptr<dslt_backend, Closer> cpu(opened);
    dslt_stream stream = nullptr;
    bench::must(cudaStreamCreate(&stream), "make a stream");
    bench::Ceilings ceilings = bench::measure_ceilings(stream);
    std::vector<bench::Result> results;
    bool right = true;
    for (const bench::Entry &entry : chosen) {
      results.push_back(run(entry, cpu.get(), stream, device, ceilings, options.quick));
      right = right && results.back().right;
    }
    bench::report(results, device, ceilings, options.output);
    cudaStreamDestroy(stream);
    return right ? DSLT_EXIT_OK
                 : fail("A kernel failed or gave a wrong result; see the list.", DSLT_EXIT_FAILED);
  } catch (const std::exception &failure) {
    return fail(failure.what(), DSLT_EXIT_FAILED);
  }
}
