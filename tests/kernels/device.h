/* SPDX-License-Identifier: Apache-2.0 */
// device.h: where a kernel runs in these tests, and its memory there: the harness with its threads taking
// turns in some order, or a GPU.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "anchors.h"
#include "backend/backend.h"
#include "kernels.h"
#include "layers.h"
#include "network.h"
#include "skip.h"

// Every launcher of kernels/*.h, and what sizes its scratch memory; list_test.cpp holds it against the
// headers. The formatter finds no layout of this list that it likes twice.
// clang-format off
#define EVERY_KERNEL(X) \
  X(crop) X(crop_boxes) X(crop_levels) X(mean_colour) X(frame_view) X(augment) X(upsample_forward) \
  X(upsample_backward) X(upsample_scratch) X(regress_forward) X(regress_respond) X(regress_loss) X(regress_backward) X(regress_learn) X(regress_scratch) X(axpby) \
  X(convert) X(filter_learn) X(filter_scratch) X(filter_tables) X(sum_responses) X(loss) X(adam) X(early_stop) \
  X(locate) X(choose_scale) X(locate_levels) X(locate_match) X(match_template) X(follow_template) X(hann_search) X(decide) X(store_label) \
  X(store_sample) X(hog) X(snr) X(condition) X(remap) X(take_taps) X(pool) X(stamp) X(report) \
  X(finish) X(depthwise) X(columns) X(pool_window) X(global_average) X(lrn) X(join) X(enlarge) \
  X(draw_boxes) X(choose_boxes) X(draw_items) X(hardest_items) X(store_items) X(anchor_columns) X(anchor_outputs) \
  X(anchor_turn) X(anchor_turn_scratch) X(anchor_loss) X(anchor_scores) X(sampled_scores) X(sgd)
// clang-format on

// A launcher that counts how often it was called and did not refuse.
template <typename Function>
class Launcher;
template <typename Result, typename... Arguments>
class Launcher<Result (*)(Arguments...)> {
 public:
  explicit Launcher(Result (*call)(Arguments...)) : call_(call) {}
  Result operator()(Arguments... arguments) const {
    Result result = call_(arguments...);
    ran_ += result >= Result(0);
    return result;
  }
  long ran() const { return ran_; }

 private:
  Result (*call_)(Arguments...);
  mutable long ran_ = 0;
};

struct Kernels {
#define MEMBER(name) Launcher<decltype(&DSLT_LAUNCHER(name))> name;
  EVERY_KERNEL(MEMBER)
#undef MEMBER
};

enum class Place { forward, reversed, shuffled, gpu, concurrent };
void PrintTo(Place place, std::ostream *out);  // for the test's listing

class KernelTest : public ::testing::TestWithParam<Place> {
 protected:
  void SetUp() override;
  void TearDown() override;

  const Kernels &kernels() const;
  dslt_stream stream() const { return stream_; }
  bool on_gpu() const { return GetParam() == Place::gpu; }
  // Rounding: the harness uses the host's own functions, a GPU has its own and fuses multiply and add.
  double tolerance() const { return on_gpu() ? 2e-5 : 2e-6; }
  // Where the next launches run differently although the result must be the same.
  void vary(int turn) const;

  // Device memory with a copy of `values`, freed by itself.
  template <typename T>
  T *upload(const std::vector<T> &values) {
    return static_cast<T *>(take(values.data(), values.size() * sizeof(T)));
  }
  template <typename T>
  T *zeros(std::size_t count) {
    return upload(std::vector<T>(count));
  }
  // Waits for the stream.
  template <typename T>
  std::vector<T> download(const T *memory, std::size_t count) {
    std::vector<T> out(count);
    fetch(out.data(), memory, count * sizeof(T));
    return out;
  }

  // The backend whose operations are the kernels' twins, and memory it can use.
  dslt_backend *cpu() const { return cpu_; }

 private:
  void *take(const void *data, std::size_t bytes);
  void fetch(void *out, const void *memory, std::size_t bytes);

  dslt_backend *cpu_ = nullptr;
  dslt_stream stream_ = nullptr;
  std::vector<void *> memory_;
};

// What ran, by launcher; `place`: the harness, or a GPU. list_test.cpp prints them.
struct Tally {
  const char *name;
  long ran;
};
std::vector<Tally> tally(bool gpu);

// Instantiates a test suite for every place. Under ThreadSanitizer that is blocks as threads: the others could show it no more.
std::string place_name(const ::testing::TestParamInfo<Place> &info);
#ifdef __SANITIZE_THREAD__
#define EVERY_PLACE ::testing::Values(Place::concurrent)
#else
#define EVERY_PLACE ::testing::Values(Place::forward, Place::reversed, Place::shuffled, Place::gpu)
#endif
#define EVERYWHERE(suite) INSTANTIATE_TEST_SUITE_P(On, suite, EVERY_PLACE, place_name)

// Values that differ from run to run of the generator only by seed, in [-1, 1].
std::vector<float> noise(std::size_t count, unsigned seed, float scale = 1.0f);

// |got - want| within `tolerance`, relative where the values are large. Values that are not finite fail.
void expect_near(const std::vector<float> &got, const std::vector<float> &want, double tolerance,
                 const char *what);
