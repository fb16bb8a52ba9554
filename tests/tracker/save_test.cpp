/* SPDX-License-Identifier: Apache-2.0 */
// Saved trackers: every kind goes on from its bytes as if nothing had happened, right after the first frame, while lost and
// later; and bytes that are no intact state of this library are refused with a sentence.
#include <cstdint>
#include <limits>

#include "base/archive.h"
#include "base/rng.h"
#include "saved.h"
#include "skip.h"

namespace {

using saved::Bytes;

// ---- going on ----------------------------------------------------------------------------------------

class Save : public testing::TestWithParam<saved::Kind> {};

TEST_P(Save, GoesOnToTheSameBytes) {
#if !DSLT_LAPACK
  if (std::string(GetParam().preset) == "crt-conv4") GTEST_SKIP() << skip::kLapack;
#endif
  const Weights weights = saved::weights_for(GetParam().preset);
  const Options options = saved::options_for(GetParam(), "cpu");
  const Clip clip = saved::clip_with_gap(8, 3); /* frames 3 and 4 show nothing */
  const saved::Run run = saved::uninterrupted(options, weights, clip);
  for (size_t at : {0, 4}) saved::expect_resumes(run, at, weights, clip);
  EXPECT_TRUE(saved::uninterrupted(options, weights, clip).states.back() == run.states.back());
}

std::string name_of(const testing::TestParamInfo<saved::Kind> &info) {
  std::string name = info.param.preset + std::to_string(info.index);
  name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
  return name;
}
INSTANTIATE_TEST_SUITE_P(Kinds, Save, testing::ValuesIn(saved::kinds()), name_of);

TEST(SaveWhileLost, IsKept) {
  for (const char *preset : {"default", "dslt"}) {
    const saved::Kind kind = {preset, {{"init_steps", "40"}}};
    const Weights weights = saved::weights_for(preset);
    const Clip clip = saved::clip_with_gap(8, 3);
    Options options = saved::options_for(kind, "cpu");
    if (std::string(preset) == "dslt") options["lost_grace"] = 0;
    const saved::Run run = saved::uninterrupted(options, weights, clip);
    ASSERT_TRUE(run.seen[4].lost) << preset;
    saved::expect_resumes(run, 4, weights, clip);
  }
}

// Noise that changes is nothing to be searched for; its first frame shown again is.
TEST(SaveWhileWaiting, IsKept) {
  Clip clip = make_clip(6);
  clip.box = {40, 30, 40, 30};
  dslt_rng rng = dslt_rng_make(5, 9);
  for (auto &pixels : clip.pixels)
    for (auto &value : pixels) value = uint8_t(dslt_rng_below(&rng, 256));
  clip.pixels[4] = clip.pixels[0];
  const Weights weights = saved::weights_for("crt-hog");
  const Options options = saved::options_for({"crt-hog", {{"init_steps", "6"}, {"max_side", "160"}}}, "cpu");
  const saved::Run run = saved::uninterrupted(options, weights, clip);
  EXPECT_TRUE(run.seen[1].lost && run.seen[2].lost);
  EXPECT_FALSE(run.seen[4].lost);
  for (size_t at : {0, 2, 4}) saved::expect_resumes(run, at, weights, clip);
}

TEST(SaveOfOneColour, IsKept) {
  Clip clip = make_clip(4);
  std::fill(clip.pixels[0].begin(), clip.pixels[0].end(), uint8_t(90));
  const Weights weights = saved::weights_for("crt-hog");
  const saved::Run run = saved::uninterrupted(
      saved::options_for({"crt-hog", {{"init_steps", "6"}, {"max_side", "160"}}}, "cpu"), weights, clip);
  EXPECT_TRUE(run.seen[0].lost && run.seen[3].lost);
  for (size_t at : {0, 2}) saved::expect_resumes(run, at, weights, clip);
}

TEST(SavedVideo, OfGreyPicturesKeepsItsNetwork) {
  const std::string file = small_cfnet::network_file({1, 9});
  dslt_weights *two = nullptr;
  ASSERT_EQ(dslt_weights_from_memory(&two, file.data(), file.size(), "two"), DSLT_OK) << dslt_last_error();
  const Weights weights(two);
  const Options options = saved::options_for({"cfnet", {}}, "cpu");
  const Clip clip = make_clip(4);
  const auto grey = [&](size_t i) {
    return dslt_image{clip.pixels[i].data(), clip.width, clip.height, size_t(clip.width) * 3, DSLT_GRAY8};
  };
  const Tracker tracker = make_tracker(options, weights);
  dslt_image frame = grey(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip.box), DSLT_OK) << dslt_last_error();
  const Tracker loaded = saved::load(saved::save(tracker.get()), weights);
  for (size_t i = 1; i < 4; ++i) {
    dslt_result a = {}, b = {};
    frame = grey(i);
    ASSERT_EQ(dslt_tracker_update(&a, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(dslt_tracker_update(&b, loaded.get(), &frame), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(std::memcmp(&a.box, &b.box, sizeof a.box), 0);
    EXPECT_EQ(a.peak, b.peak);
  }
}

TEST(SavedTracker, MayStartOver) {
  const Weights weights = saved::weights_for("crt-hog");
  const Options options = saved::options_for({"crt-hog", {{"init_steps", "6"}, {"max_side", "160"}}}, "cpu");
  const Clip clip = make_clip(3), other = make_clip(3, 144, 100, 7);
  const saved::Run run = saved::uninterrupted(options, weights, clip);
  const Tracker loaded = saved::load(run.states[1], weights);
  EXPECT_EQ(run_clip(loaded.get(), other), run_clip(make_tracker(options, weights).get(), other));
}

// ---- refusals ----------------------------------------------------------------------------------------

class Refusal : public testing::Test {
 protected:
  Refusal() {
    const dslt_image frame = clip_.frame(0);
    tracker_ = make_tracker(options_, weights_);
    EXPECT_EQ(dslt_tracker_init(tracker_.get(), &frame, &clip_.box), DSLT_OK) << dslt_last_error();
    state_ = saved::save(tracker_.get());
  }
  int load(const Bytes &state, const dslt_options *options = nullptr, dslt_weights *weights = nullptr) {
    dslt_tracker *tracker = nullptr;
    const int rc =
        dslt_tracker_load(&tracker, state.data(), state.size(), options, weights ? weights : weights_.get());
    EXPECT_EQ(tracker != nullptr, rc == DSLT_OK);
    dslt_tracker_free(tracker);
    return rc;
  }
  // Where the data of an entry begins.
  unsigned char *data_of(Bytes *state, const std::string &name) {
    const auto at = std::search(state->begin(), state->end(), name.begin(), name.end());
    EXPECT_NE(at, state->end()) << name;
    return &*at + (name.size() + 7) / 8 * 8;
  }
  static void expect_says(const char *what) {
    EXPECT_NE(std::string(dslt_last_error()).find(what), std::string::npos) << dslt_last_error();
  }

  Clip clip_ = make_clip(2);
  Weights weights_ = small_weights();
  Options options_ =
      saved::options_for({"crt-hog", {{"init_steps", "6"}, {"memory", "2"}, {"max_side", "96"}}}, "cpu");
  Tracker tracker_;
  Bytes state_;
};

TEST_F(Refusal, OfWhatIsNoState) {
  EXPECT_EQ(load(Bytes{1, 2, 3}), DSLT_EFORMAT);
  expect_says("no saved state");
  EXPECT_EQ(load(Bytes(1000, 7)), DSLT_EFORMAT);
  expect_says("no saved state");
}

TEST_F(Refusal, OfAnotherFormat) {
  Bytes other = state_;
  other[12] = 9;
  EXPECT_EQ(load(other), DSLT_EFORMAT);
  expect_says("has format 9");
  other = state_;
  std::reverse(other.begin() + 8, other.begin() + 12);
  EXPECT_EQ(load(other), DSLT_EFORMAT);
  expect_says("byte order");
}

TEST_F(Refusal, OfEveryShorterOne) {
  for (size_t size = 1; size < state_.size(); size += size < 64 ? 1 : 61) {
    EXPECT_EQ(load(Bytes(state_.begin(), state_.begin() + std::ptrdiff_t(size))), DSLT_EFORMAT) << size;
    if (size >= 8) expect_says("cut short");
  }
  Bytes longer = state_;
  longer.push_back(0);
  EXPECT_EQ(load(longer), DSLT_EFORMAT);
}

TEST_F(Refusal, OfEveryAlteredByte) {
  Bytes altered = state_;
  for (size_t at = 0; at < state_.size(); at += at < 512 ? 1 : 997) {
    altered[at] ^= 0x10;
    EXPECT_EQ(load(altered), DSLT_EFORMAT) << at;
    if (at >= DSLT_ARCHIVE_HEAD) expect_says("altered");
    altered[at] = state_[at];
  }
  EXPECT_EQ(load(altered), DSLT_OK) << dslt_last_error();
}

// Whoever makes the checksum fit: numbers out of range are named.
TEST_F(Refusal, OfImpossibleNumbers) {
  const struct {
    const char *entry;
    size_t number;
    double value;
    const char *says;
  } all[] = {
      {"first frame", 2, 0, "first frame.box.width"},
      {"first frame", 4, 1e9, "first frame.frame_width"},
      {"state", 0, std::numeric_limits<double>::quiet_NaN(), "state.cx"},
      {"state", 15 - 1, 7, "scale level"},
      {"sample ring", 0, 3, "ring of samples"},
      {"sample ring", 1, 0.5, "sample ring.count"},
      {"decision", 2, -1, "decision.frame"},
      {"first losses", 0, 1e6, "first losses"},
      {"first sight", 0, 3, "lacks first sight's cells"},
  };
  for (const auto &one : all) {
    Bytes bad = state_;
    std::memcpy(data_of(&bad, one.entry) + 8 * one.number, &one.value, sizeof one.value);
    dslt_archive_seal(bad.data(), bad.size());
    EXPECT_EQ(load(bad), DSLT_EFORMAT) << one.entry << " " << one.number;
    expect_says(one.says);
  }
}

TEST_F(Refusal, OfOtherWeights) {
  const Weights other = small_weights(2);
  EXPECT_EQ(load(state_, nullptr, other.get()), DSLT_EWEIGHTS);
  expect_says("random vgg16/16 seed 1");
  expect_says("random vgg16/16 seed 2");
  const Weights same = small_weights(1);
  EXPECT_EQ(load(state_, nullptr, same.get()), DSLT_OK) << dslt_last_error();
}

TEST_F(Refusal, OfOtherOptions) {
  dslt_options *owned = nullptr;
  ASSERT_EQ(dslt_options_load(&owned, state_.data(), state_.size()), DSLT_OK) << dslt_last_error();
  Options options(owned);
  EXPECT_EQ(options.all(), options_.all());
  options["threads"] = 2;
  EXPECT_EQ(load(state_, options), DSLT_OK) << dslt_last_error();
  options["online_rate"] = 1e-3;
  EXPECT_EQ(load(state_, options), DSLT_EOPTION);
  expect_says("online_rate");
  const Options another("dslt");
  EXPECT_EQ(load(state_, another), DSLT_EOPTION);
  expect_says("tracker crt");
  Bytes bad = state_;
  std::memcpy(data_of(&bad, "key"), "backendX", 8); /* the first option */
  dslt_archive_seal(bad.data(), bad.size());
  EXPECT_NE(load(bad), DSLT_OK);
}

TEST_F(Refusal, BeforeTheFirstFrameAndOfMissingArguments) {
  const Tracker fresh = make_tracker(options_, weights_);
  void *state = nullptr;
  size_t size = 0;
  dslt_result result;
  dslt_options *options = nullptr;
  dslt_tracker *tracker = nullptr;
  EXPECT_EQ(dslt_tracker_save(&state, &size, fresh.get()), DSLT_ESTATE);
  EXPECT_EQ(dslt_tracker_result(&result, fresh.get()), DSLT_ESTATE);
  EXPECT_EQ(dslt_tracker_save(nullptr, &size, tracker_.get()), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_save(&state, nullptr, tracker_.get()), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_save(&state, &size, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_load(nullptr, state_.data(), state_.size(), nullptr, weights_.get()),
            DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_load(&tracker, nullptr, 3, nullptr, weights_.get()), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_load(&tracker, state_.data(), state_.size(), nullptr, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_load(nullptr, state_.data(), state_.size()), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_load(&options, nullptr, 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_load(&options, state_.data(), 40), DSLT_EFORMAT);
  EXPECT_EQ(dslt_tracker_result(nullptr, tracker_.get()), DSLT_EARGUMENT);
  EXPECT_EQ(state, nullptr);
  EXPECT_EQ(options, nullptr);
  dslt_state_free(nullptr);
}

}  // namespace
