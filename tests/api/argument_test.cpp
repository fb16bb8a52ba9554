/* SPDX-License-Identifier: Apache-2.0 */
// Missing arguments and calls out of order: an error each, and nothing is touched.
#include <cstring>

#include "small_world.h"

namespace {

TEST(Null, OptionsCallsRefuseIt) {
  Options o = quick_options();
  dslt_option_info row = {};
  char text[64];
  int place = 0;
  dslt_options *const untouched = reinterpret_cast<dslt_options *>(&place); /* never looked into */
  dslt_options *made = untouched;
  EXPECT_EQ(dslt_options_create(nullptr, "paper"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_create(&made, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_clone(nullptr, o), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_clone(&made, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_create(&made, "papre"), DSLT_EOPTION);
  EXPECT_EQ(made, untouched);
  dslt_options_free(nullptr);
  EXPECT_STREQ(dslt_options_preset(nullptr), "");
  EXPECT_STREQ(dslt_options_tracker(nullptr), "");
  EXPECT_EQ(dslt_options_set(nullptr, "loss", "l2"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_set(o, nullptr, "l2"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_set(o, "loss", nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_get(nullptr, 64, o, "loss"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_get(text, 64, nullptr, "loss"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_get(text, 64, o, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_check(nullptr), DSLT_EARGUMENT);
  int64_t number;
  EXPECT_EQ(dslt_options_get_integer(nullptr, o, "seed"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_get_integer(&number, nullptr, "seed"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_get_integer(&number, o, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_describe(nullptr, o, 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_describe(&row, nullptr, 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_options_describe(&row, o, 0), DSLT_OK);
  EXPECT_EQ(dslt_preset_describe(nullptr, 0), DSLT_EARGUMENT);
}

TEST(Null, WeightsCallsRefuseIt) {
  int place = 0;
  dslt_weights *const untouched = reinterpret_cast<dslt_weights *>(&place); /* never looked into */
  dslt_weights *weights = untouched;
  EXPECT_EQ(dslt_weights_load(nullptr, "x.safetensors"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_weights_load(&weights, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_weights_random(nullptr, "vgg16/16", 1), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_weights_random(&weights, nullptr, 1), DSLT_EARGUMENT);
  EXPECT_LT(dslt_weights_load(&weights, "/nonexistent/x.safetensors"), 0);
  EXPECT_LT(dslt_weights_random(&weights, "vgg17", 1), 0);
  EXPECT_EQ(weights, untouched);
  dslt_weights_free(nullptr);
}

TEST(Null, TrackerCallsRefuseIt) {
  const Clip clip = make_clip(1);
  const dslt_image frame = clip.frame(0);
  const Weights weights = small_weights();
  const Options options = quick_options();
  dslt_tracker *made = nullptr;
  EXPECT_EQ(dslt_tracker_create(nullptr, options, weights.get()), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_create(&made, options, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(made, nullptr);

  const Tracker tracker = make_tracker(options, weights);
  dslt_tracker *t = tracker.get();
  dslt_result result = {};
  dslt_response response = {};
  const float *losses = nullptr;
  int count = 0;
  EXPECT_EQ(dslt_tracker_init(nullptr, &frame, &clip.box), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init(t, nullptr, &clip.box), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init(t, &frame, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_result(nullptr, t), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_result(&result, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_update(nullptr, t, &frame), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_update(&result, nullptr, &frame), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_update(&result, t, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_response(nullptr, t), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_response(&response, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_losses(nullptr, &count, t), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_losses(&losses, nullptr, t), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_losses(&losses, &count, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_snr(nullptr, &count, t), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_snr(&losses, nullptr, t), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_tracker_init_snr(&losses, &count, nullptr), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_tracker_backend(nullptr), "");
  EXPECT_STREQ(dslt_tracker_backend(t), "cpu");
  dslt_tracker_free(nullptr);
}

TEST(Order, NothingIsThereBeforeTheFirstFrame) {
  const Clip clip = make_clip(1);
  const dslt_image frame = clip.frame(0);
  const Weights weights = small_weights();
  const Tracker tracker = make_tracker(quick_options(), weights);
  dslt_result result;
  std::memset(&result, 0x5a, sizeof result);
  const dslt_result before = result;
  dslt_response response = {};
  const float *losses = nullptr;
  int count = -5;
  EXPECT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_ESTATE);
  EXPECT_NE(std::string(dslt_last_error()).find("dslt_tracker_init"), std::string::npos);
  EXPECT_EQ(dslt_tracker_init_result(&result, tracker.get()), DSLT_ESTATE);
  EXPECT_EQ(dslt_tracker_init_losses(&losses, &count, tracker.get()), DSLT_ESTATE);
  EXPECT_EQ(dslt_tracker_init_snr(&losses, &count, tracker.get()), DSLT_ESTATE);
  EXPECT_EQ(dslt_tracker_response(&response, tracker.get()), DSLT_ESTATE);
  EXPECT_EQ(std::memcmp(&result, &before, sizeof result), 0);
  EXPECT_EQ(count, -5);
  EXPECT_EQ(losses, nullptr);

  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip.box), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(dslt_tracker_response(&response, tracker.get()), DSLT_ESTATE); /* a map comes with an update */
}

TEST(Create, RefusesOptionsThatCheckRefuses) {
  const Weights weights = small_weights();
  Options options = quick_options();
  options["scale_levels"] = 4;
  dslt_tracker *made = nullptr;
  EXPECT_EQ(dslt_tracker_create(&made, options, weights.get()), DSLT_EOPTION);
  EXPECT_EQ(made, nullptr);
}

TEST(Create, CopiesTheOptions) {
  const Clip clip = make_clip(3);
  const Weights weights = small_weights();
  Options options = quick_options();
  const Tracker one = make_tracker(options, weights), two = make_tracker(options, weights);
  options["init_steps"] = 1;
  options = Options("released"); /* frees the first ones */
  EXPECT_EQ(run_clip(one.get(), clip), run_clip(two.get(), clip));
}

TEST(Backends, AreListedAndEnd) {
  dslt_backend_info info = {};
  ASSERT_EQ(dslt_backend_query(&info, 0), DSLT_OK);
  EXPECT_STREQ(info.name, "cpu");
  EXPECT_EQ(info.compiled, 1);
  EXPECT_EQ(info.available, 1);
  EXPECT_STRNE(info.device, "");
  EXPECT_STRNE(info.library, "");
  int count = 0;
  while (dslt_backend_query(&info, count) == DSLT_OK) {
    EXPECT_TRUE(info.compiled || !info.available) << info.name;
    EXPECT_STRNE(info.device, "") << info.name;
    ASSERT_LT(++count, 100);
  }
  for (int index : {-1, count, count + 1, INT32_MAX, INT32_MIN}) {
    const dslt_backend_info before = info;
    EXPECT_EQ(dslt_backend_query(&info, index), DSLT_EARGUMENT) << index;
    EXPECT_EQ(std::memcmp(&info, &before, sizeof info), 0);
  }
  EXPECT_EQ(dslt_backend_query(nullptr, 0), DSLT_EARGUMENT);
}

TEST(Backends, AnAbsentOneIsAnErrorWithItsReason) {
  dslt_backend_info info = {};
  const Weights weights = small_weights();
  for (int index = 0; dslt_backend_query(&info, index) == DSLT_OK; ++index) {
    Options options = quick_options();
    ASSERT_EQ(dslt_options_set(options, "backend", info.name), DSLT_OK);
    dslt_tracker *made = nullptr;
    const int rc = dslt_tracker_create(&made, options, weights.get());
    if (info.available) {
      EXPECT_EQ(rc, DSLT_OK) << dslt_last_error();
      EXPECT_STREQ(dslt_tracker_backend(made), info.name);
    } else {
      EXPECT_EQ(rc, DSLT_EBACKEND);
      EXPECT_NE(std::string(dslt_last_error()).find(info.name), std::string::npos);
      EXPECT_EQ(made, nullptr);
    }
    dslt_tracker_free(made);
  }
}

}  // namespace
