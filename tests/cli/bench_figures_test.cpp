/* SPDX-License-Identifier: Apache-2.0 */
// The numbers of dslt bench: percentiles and spreads, figures of known runs, what the machine tells.
#include <cmath>

#include "bench/machine.h"
#include "bench/run.h"
#include "bench/stats.h"
#include "bench/summary.h"
#include "program.h"

namespace {

// ---- numbers -----------------------------------------------------------------------------------------

TEST(BenchStats, PercentilesAreMeasuredValues) {
  double values[] = {30, 10, 20, 50, 40};
  dslt_stats_sort(values, 5);
  EXPECT_EQ(dslt_stats_percentile(values, 5, 50), 30);
  EXPECT_EQ(dslt_stats_percentile(values, 5, 60), 30);
  EXPECT_EQ(dslt_stats_percentile(values, 5, 61), 40);
  EXPECT_EQ(dslt_stats_percentile(values, 5, 0), 10);
  EXPECT_EQ(dslt_stats_percentile(values, 5, 100), 50);
  EXPECT_TRUE(std::isnan(dslt_stats_percentile(values, 0, 50)));
  double twenty[20];
  for (int i = 0; i < 20; i++) twenty[i] = i + 1;
  EXPECT_EQ(dslt_stats_percentile(twenty, 20, 95), 19);
}

TEST(BenchStats, MedianAndSpreadPassOverWhatWasNotMeasured) {
  double even[] = {4, 1, 3, 2};
  EXPECT_EQ(dslt_stats_median(even, 4), 2.5);
  const double rows[] = {1, 70, 3, NAN, 2, 90};  // two figures, three repetitions
  dslt_spread first = dslt_stats_spread(rows, 3, 2), second = dslt_stats_spread(rows + 1, 3, 2);
  EXPECT_EQ(first.median, 2);
  EXPECT_EQ(first.low, 1);
  EXPECT_EQ(first.high, 3);
  EXPECT_EQ(second.median, 80);
  const double none[] = {NAN, NAN};
  EXPECT_TRUE(std::isnan(dslt_stats_spread(none, 2, 1).median));
}

// A run of three frames of 10, 20 and 30 ms behind a first one of 40 ms; decoded meanwhile 200 ms in all.
dslt_bench_run small_run(double factor) {
  dslt_bench_run run = {};
  for (double ms : {10.0, 30.0, 20.0}) EXPECT_EQ(dslt_series_push(&run.latency, factor * ms), DSLT_OK);
  run.frames = 3;
  run.update_seconds = factor * 0.06;
  run.cpu_seconds = factor * 0.09;
  run.init_seconds = 0.04;
  run.init.steps = 9;
  run.init.stage_ms[DSLT_STAGE_UPDATE] = 25;
  run.stage_ms[DSLT_STAGE_BACKBONE] = factor * 30;
  run.stage_work[DSLT_STAGE_BACKBONE] = {6e9, 3e6};
  run.loop_frames = 4;
  run.loop_seconds = 0.2;
  run.loop_init_seconds = 0.05;
  run.memory_before = 10, run.memory_peak = 50 * factor;
  run.memory_first = 30, run.memory_further = NAN;
  run.joules = NAN;
  return run;
}

TEST(BenchFigures, OfOneRunAreItsSums) {
  dslt_bench_run run = small_run(1);
  double f[DSLT_FIGURES];
  ASSERT_EQ(dslt_bench_figures(f, &run, 1), DSLT_OK);
  EXPECT_DOUBLE_EQ(f[DSLT_FIGURE_FPS], 50);
  EXPECT_DOUBLE_EQ(f[DSLT_FIGURE_FPS_INIT], 40);
  EXPECT_DOUBLE_EQ(f[DSLT_FIGURE_FPS_DECODE], 20);
  EXPECT_DOUBLE_EQ(f[DSLT_FIGURE_FPS_ALL], 20);
  EXPECT_DOUBLE_EQ(f[DSLT_FIGURE_MEAN], 20);
  EXPECT_EQ(f[DSLT_FIGURE_P50], 20);
  EXPECT_DOUBLE_EQ(f[DSLT_FIGURE_CPU], 30);
  EXPECT_EQ(f[DSLT_FIGURE_P95], 30);
  EXPECT_EQ(f[DSLT_FIGURE_INIT_STEPS], 9);
  EXPECT_DOUBLE_EQ(f[DSLT_FIGURE_INIT], 40);
  EXPECT_EQ(f[DSLT_FIGURE_INIT_TRAIN], 25);
  EXPECT_EQ(f[DSLT_FIGURE_STAGE + DSLT_STAGE_BACKBONE], 10);
  EXPECT_TRUE(std::isnan(f[DSLT_FIGURE_JOULES]));
  EXPECT_TRUE(std::isnan(f[DSLT_FIGURE_MEMORY_FURTHER]));
  dslt_work work[DSLT_STAGE_COUNT];
  dslt_bench_work(work, &run, 1);
  EXPECT_EQ(work[DSLT_STAGE_BACKBONE].flop, 2e9);
  dslt_bench_run_free(&run);
}

TEST(BenchFigures, OverTargetsRatesAreTheMedianAndLatencyIsPooled) {
  dslt_bench_run runs[] = {small_run(1), small_run(4), small_run(2)};
  double f[DSLT_FIGURES];
  ASSERT_EQ(dslt_bench_figures(f, runs, 3), DSLT_OK);
  EXPECT_DOUBLE_EQ(f[DSLT_FIGURE_FPS], 25);
  EXPECT_DOUBLE_EQ(f[DSLT_FIGURE_FPS_SLOWEST], 12.5);
  EXPECT_EQ(f[DSLT_FIGURE_MAX], 120);
  EXPECT_EQ(f[DSLT_FIGURE_P50], 40);  // of 10 20 20 30 40 40 60 80 120
  EXPECT_EQ(f[DSLT_FIGURE_MEMORY], 200);
  for (dslt_bench_run &run : runs) dslt_bench_run_free(&run);
}

TEST(BenchTargets, TheFirstIsGivenAndTheOthersStayInTheFrame) {
  const dslt_box first = {5, 6, 20, 30};
  const dslt_box same = dslt_bench_target(&first, 0, 100, 80);
  EXPECT_EQ(same.x, 5);
  for (int i = 1; i < 50; i++) {
    const dslt_box box = dslt_bench_target(&first, i, 100, 80);
    EXPECT_GE(box.x, 0);
    EXPECT_GE(box.y, 0);
    EXPECT_LE(box.x + box.width, 100);
    EXPECT_LE(box.y + box.height, 80);
    EXPECT_EQ(box.width, 20);
  }
}

// ---- the machine -------------------------------------------------------------------------------------

TEST(BenchMachine, MemoryGrowsWithWhatIsTouched) {
  const double before = dslt_memory_now();
  ASSERT_GT(before, 1);
  dslt_memory_watch();
  {
    std::vector<char> block(64 << 20, 1);
    EXPECT_GT(dslt_memory_now(), before + 50);
    EXPECT_EQ(block[12345], 1);
  }
  EXPECT_GT(dslt_memory_peak(), before + 50);
}

TEST(BenchMachine, OtherWorkIsWhatThisProcessDidNotDo) {
  const dslt_load before = {100, 50, 5}, after = {110, 62, 9};
  EXPECT_DOUBLE_EQ(dslt_load_others(&before, &after, 2), 0.4);  // 8 of 20 core seconds
  const dslt_load unknown = {110, NAN, 9};
  EXPECT_TRUE(std::isnan(dslt_load_others(&before, &unknown, 2)));
}

class BenchEnergy : public ProgramTest {
 protected:
  void put(const std::string &file, const std::string &text) {
    const std::filesystem::path target = folder_ / "sys/class" / file;
    std::filesystem::create_directories(target.parent_path());
    spill(target.string(), text + "\n");
  }
  dslt_energy find() {
    dslt_energy energy;
    dslt_energy_find(&energy, folder_.c_str());
    return energy;
  }
};

TEST_F(BenchEnergy, CountsPackagesAndNeitherTheirPartsNorTheWholeComputer) {
  put("powercap/intel-rapl:0/name", "package-0");
  put("powercap/intel-rapl:0/energy_uj", "1000000");
  put("powercap/intel-rapl:0/max_energy_range_uj", "262143328850");
  put("powercap/intel-rapl:1/name", "package-1");
  put("powercap/intel-rapl:1/energy_uj", "262143000000");
  put("powercap/intel-rapl:1/max_energy_range_uj", "262143328850");
  put("powercap/intel-rapl:0:0/name", "core");
  put("powercap/intel-rapl:0:0/energy_uj", "77");
  put("powercap/intel-rapl:2/name", "psys");
  put("powercap/intel-rapl:2/energy_uj", "99");
  dslt_energy energy = find();
  ASSERT_EQ(energy.count, 2);
  EXPECT_TRUE(contains(energy.words, "2 processor packages"));
  double before[DSLT_ENERGY_COUNTERS], after[DSLT_ENERGY_COUNTERS];
  ASSERT_TRUE(dslt_energy_read(before, &energy));
  put("powercap/intel-rapl:0/energy_uj", "3500000");
  put("powercap/intel-rapl:1/energy_uj", "671150");  // began again
  ASSERT_TRUE(dslt_energy_read(after, &energy));
  EXPECT_NEAR(dslt_energy_joules(&energy, before, after), 2.5 + 1.0, 1e-6);
}

TEST_F(BenchEnergy, TakesSocketsOfHwmonWherePowercapIsAbsent) {
  put("hwmon/hwmon3/energy1_label", "Ecore000");
  put("hwmon/hwmon3/energy1_input", "5");
  put("hwmon/hwmon3/energy2_label", "Esocket0");
  put("hwmon/hwmon3/energy2_input", "400");
  dslt_energy energy = find();
  ASSERT_EQ(energy.count, 1);
  double counters[DSLT_ENERGY_COUNTERS];
  ASSERT_TRUE(dslt_energy_read(counters, &energy));
  EXPECT_EQ(counters[0], 400);
}

TEST_F(BenchEnergy, SaysThatNothingIsThere) {
  dslt_energy energy = find();
  EXPECT_EQ(energy.count, 0);
  EXPECT_TRUE(contains(energy.words, "no energy counter"));
  double counters[DSLT_ENERGY_COUNTERS];
  EXPECT_FALSE(dslt_energy_read(counters, &energy));
}

}  // namespace
