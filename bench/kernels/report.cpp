/* SPDX-License-Identifier: Apache-2.0 */
// report.cpp: what was measured, as a table, as CSV or as JSON.
#include <cmath>
#include <cstdio>

#include "bench.h"

namespace bench {
namespace {

std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

// JSON has no infinities and no NaN.
std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

void json(const std::vector<Result> &results, const Device &d, const Ceilings &c) {
  std::printf("{\n  \"device\": {\"name\": %s, \"capability\": \"%d.%d\", \"multiprocessors\": %d, ",
              quoted(d.name).c_str(), d.major, d.minor, d.multiprocessors);
  std::printf("\"l2_bytes\": %zu, \"memory_bytes\": %zu, \"driver\": %d, \"runtime\": %d},\n", d.l2_bytes,
              d.memory_bytes, d.driver, d.runtime);
  std::printf("  \"ceilings\": {\"copy_bytes_per_s\": %s, \"fma_flops_per_s\": %s, ",
              number(c.copy_bytes_per_s).c_str(), number(c.fma_flops_per_s).c_str());
  std::printf("\"tf32_flops_per_s\": %s, \"bf16_flops_per_s\": %s, \"launch_us\": %s},\n",
              number(c.tf32_flops_per_s).c_str(), number(c.bf16_flops_per_s).c_str(),
              number(c.launch_us).c_str());
  std::printf("  \"kernels\": [");
  const char *separator = "\n";
  for (const Result &r : results) {
    std::printf("%s    {\"kernel\": %s, \"shape\": %s, ", separator, quoted(r.kernel).c_str(),
                quoted(r.shape).c_str());
    separator = ",\n";
    if (!r.trouble.empty()) {
      std::printf("\"right\": false, \"trouble\": %s}", quoted(r.trouble).c_str());
      continue;
    }
    std::printf("\"right\": %s, \"error\": %s, \"tolerance\": %s, ", r.right ? "true" : "false",
                number(r.error).c_str(), number(r.tolerance).c_str());
    std::printf("\"warm_us\": %s, \"cold_us\": %s, \"bytes\": %s, \"flops\": %s, ",
                number(r.times.warm_us).c_str(), number(r.times.cold_us).c_str(), number(r.bytes).c_str(),
                number(r.flops).c_str());
    std::printf("\"copy_share\": %s, \"flop_share\": %s}", number(r.copy_share).c_str(),
                number(r.flop_share).c_str());
  }
  std::printf("\n  ]\n}\n");
}

void csv(const std::vector<Result> &results) {
  std::printf(
      "kernel,shape,right,error,tolerance,warm_us,cold_us,bytes,flops,copy_share,flop_share,trouble\n");
  for (const Result &r : results) {
    std::string trouble;
    for (char c : r.trouble) trouble += c == '"' ? std::string("\"\"") : std::string(1, c);
    std::printf("%s,%s,%d,%.3g,%.3g,%.4g,%.4g,%.6g,%.6g,%.4g,%.4g,\"%s\"\n", r.kernel.c_str(),
                r.shape.c_str(), int(r.right), r.error, r.tolerance, r.times.warm_us, r.times.cold_us,
                r.bytes, r.flops, r.copy_share, r.flop_share, trouble.c_str());
  }
}

void console(const std::vector<Result> &results, const Device &d, const Ceilings &c) {
  std::printf("%s, capability %d.%d, %d multiprocessors, L2 %.0f MiB\n", d.name.c_str(), d.major, d.minor,
              d.multiprocessors, double(d.l2_bytes) / (1 << 20));
  std::printf(
      "measured ceilings: copy %.0f GB/s, float32 %.1f, TF32 %.0f, bfloat16 %.0f TFLOP/s; an empty kernel in "
      "a "
      "graph %.2f us\n\n",
      c.copy_bytes_per_s * 1e-9, c.fma_flops_per_s * 1e-12, c.tf32_flops_per_s * 1e-12,
      c.bf16_flops_per_s * 1e-12, c.launch_us);
  std::printf("%-18s %-38s %9s %9s %8s %9s %6s %6s  %s\n", "kernel", "shape", "warm us", "cold us", "MB",
              "MFLOP", "copy", "flops", "error");
  for (const Result &r : results) {
    std::printf("%-18s %-38s ", r.kernel.c_str(), r.shape.c_str());
    if (!r.trouble.empty())
      std::printf("%s\n", r.trouble.c_str());
    else
      std::printf("%9.2f %9.2f %8.3f %9.2f %5.1f%% %5.1f%%  %.1e%s\n", r.times.warm_us, r.times.cold_us,
                  r.bytes * 1e-6, r.flops * 1e-6, 100 * r.copy_share, 100 * r.flop_share, r.error,
                  r.right ? "" : "  WRONG");
  }
}

}  // namespace

void report(const std::vector<Result> &results, const Device &device, const Ceilings &ceilings, Output how) {
  switch (how) {
    case Output::json: json(results, device, ceilings); break;
    case Output::csv: csv(results); break;
    case Output::console: console(results, device, ceilings); break;
  }
}

}  // namespace bench
