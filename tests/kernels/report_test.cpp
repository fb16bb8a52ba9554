/* SPDX-License-Identifier: Apache-2.0 */
// Kernels early_stop, stamp and report: what lets a section of calls run without the host.
#include <cmath>
#include <cstring>

#include "device.h"

namespace {

class ReportKernel : public KernelTest {
 protected:
  // Hand over losses one by one; what the device noted of them, and the progress it made.
  dslt_training stop_early(std::vector<float> *noted, const std::vector<float> &losses,
                           const dslt_stop_rule &rule) {
    dslt_training *training = upload(std::vector<dslt_training>{{1, 0, 0}});
    float *list = zeros<float>(std::size_t(rule.limit));
    for (float loss : losses)
      EXPECT_EQ(kernels().early_stop(stream(), training, list, upload(std::vector<float>{loss}), &rule),
                DSLT_OK)
          << dslt_last_error();
    dslt_training out = download(training, 1)[0];
    *noted = download(list, std::size_t(rule.limit));
    noted->resize(std::size_t(out.steps));
    return out;
  }
};

TEST_P(ReportKernel, EarlyStopFollowsItsRule) {
  std::vector<float> noted;
  dslt_stop_rule rule = {5, 0.0, 0.0, 3};  // by the number of steps alone
  dslt_training t = stop_early(&noted, {9, 8, 7, 6, 5, 4, 3}, rule);
  EXPECT_EQ(t.steps, 5);
  EXPECT_EQ(noted, (std::vector<float>{9, 8, 7, 6, 5}));
  EXPECT_EQ(t.go, 1);  // the host sees the list full

  rule = {20, 2.5, 0.0, 3};  // below a loss: what comes after is not noted
  t = stop_early(&noted, {4, 3, 2, 1}, rule);
  EXPECT_EQ(t.go, 0);
  EXPECT_EQ(t.failed, 0);
  EXPECT_EQ(noted, (std::vector<float>{4, 3, 2}));

  rule = {20, 0.0, 0.1, 2};  // when it falls no more
  t = stop_early(&noted, {8, 8, 4, 4, 3.9f, 3.9f, 3.9f}, rule);
  EXPECT_EQ(t.go, 0);
  EXPECT_EQ(noted, (std::vector<float>{8, 8, 4, 4, 3.9f, 3.9f}));

  for (float odd : {float(NAN), float(INFINITY)}) {
    t = stop_early(&noted, {8, odd, 4}, rule);
    EXPECT_EQ(t.go, 0);
    EXPECT_EQ(t.failed, 1);
    EXPECT_EQ(t.steps, 2);
  }
}

TEST_P(ReportKernel, StampsAddUpByStageAndAreReportedOnce) {
  dslt_clock *clock = zeros<dslt_clock>(1);
  const auto stamp = [&](int stage) {
    const dslt_mark mark = {clock, stage, DSLT_END_NONE, nullptr, nullptr, nullptr};
    EXPECT_EQ(
        kernels().stamp(stream(), dslt_when_marked(upload(std::vector<dslt_mark>{mark}), DSLT_END_NONE)),
        DSLT_OK)
        << dslt_last_error();
  };
  stamp(-1);
  const uint64_t begun = download(clock, 1)[0].since;
  EXPECT_GT(begun, 0u);
  for (int round = 0; round < 3; ++round)
    for (int stage : {0, DSLT_STAGE_COUNT - 1, 0}) stamp(stage);
  dslt_clock told = download(clock, 1)[0];
  uint64_t sum = 0;
  for (int i = 0; i < DSLT_STAGE_COUNT; ++i) {
    sum += told.stage_ns[i];
    if (i == 0 || i == DSLT_STAGE_COUNT - 1) continue;
    EXPECT_EQ(told.stage_ns[i], 0u) << i;
  }
  EXPECT_EQ(sum, told.since - begun);  // not a nanosecond is lost between two stamps

  for (int words : {0, 1, int(DSLT_REPORT_WORDS_MAX)}) {
    std::vector<uint32_t> record(DSLT_REPORT_WORDS_MAX);
    for (std::size_t i = 0; i < record.size(); ++i) record[i] = uint32_t(1000 + i);
    const dslt_report before = {{}, {7}};
    dslt_report *out = upload(std::vector<dslt_report>{before});
    dslt_clock *again = upload(std::vector<dslt_clock>{told});
    ASSERT_EQ(kernels().report(stream(), out, again, words ? upload(record) : nullptr, words, nullptr),
              DSLT_OK)
        << dslt_last_error();
    dslt_report got = download(out, 1)[0];
    EXPECT_EQ(std::memcmp(got.record, record.data(), std::size_t(words) * sizeof(uint32_t)), 0);
    for (int i = words; i < DSLT_REPORT_WORDS_MAX; ++i) EXPECT_EQ(got.record[i], before.record[i]) << i;
    EXPECT_EQ(std::memcmp(got.stage_ns, told.stage_ns, sizeof got.stage_ns), 0);
    const dslt_clock anew = download(again, 1)[0];
    for (uint64_t ns : anew.stage_ns) EXPECT_EQ(ns, 0u);
  }
}

// The report takes the time of the frame's last stage and has it already.
TEST_P(ReportKernel, TakesTheTimeOfTheLastStage) {
  dslt_clock *clock = upload(std::vector<dslt_clock>{{1, {}, {5, 7}}});
  const dslt_mark *mark =
      upload(std::vector<dslt_mark>{{clock, 1, DSLT_END_NONE, nullptr, nullptr, nullptr}});
  dslt_report *out = zeros<dslt_report>(1);
  EXPECT_EQ(kernels().report(stream(), out, clock, nullptr, 0, dslt_when_marked(mark, DSLT_END_NONE)),
            DSLT_OK)
      << dslt_last_error();
  const dslt_report got = download(out, 1)[0];
  const dslt_clock anew = download(clock, 1)[0];
  EXPECT_EQ(got.stage_ns[0], 5u);
  EXPECT_GT(anew.since, 1u);
  EXPECT_EQ(got.stage_ns[1], 7 + (anew.since - 1));
  for (uint64_t ns : anew.stage_ns) EXPECT_EQ(ns, 0u);
}

TEST_P(ReportKernel, RefusesWhatItCannotDo) {
  const dslt_stop_rule rule = {5, 0.0, 0.0, 3};
  float *loss = zeros<float>(8);
  dslt_training *training = zeros<dslt_training>(1);
  dslt_clock *clock = zeros<dslt_clock>(1);
  EXPECT_EQ(kernels().early_stop(stream(), nullptr, loss, loss, &rule), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().early_stop(stream(), training, nullptr, loss, &rule), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().early_stop(stream(), training, loss, loss, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().stamp(stream(), nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().stamp(stream(), zeros<int32_t>(1)), DSLT_EARGUMENT) << "a flag is no mark";
  dslt_report *report = zeros<dslt_report>(1);
  EXPECT_EQ(kernels().report(stream(), nullptr, clock, loss, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().report(stream(), report, nullptr, loss, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().report(stream(), report, clock, nullptr, 1, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().report(stream(), report, clock, loss, DSLT_REPORT_WORDS_MAX + 1, nullptr),
            DSLT_EARGUMENT);
}

EVERYWHERE(ReportKernel);

}  // namespace
