/* SPDX-License-Identifier: Apache-2.0 */
// The tracker through the public API: repeatable, shareable between threads, patient with wrong frames and
// boxes.
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <thread>

#include "small_world.h"

namespace {

class TrackerTest : public ::testing::Test {
 protected:
  Clip clip_ = make_clip(6);
  Weights weights_ = small_weights();
};

// ---- repeatable --------------------------------------------------------------------------------------

TEST_F(TrackerTest, TheSameSeedGivesTheSameBits) {
  for (const char *preset : {"dslt", "paper", "released"}) {
    const Options options = quick_options(preset);
    const Trace first = run_clip(make_tracker(options, weights_).get(), clip_);
    EXPECT_EQ(first, run_clip(make_tracker(options, weights_).get(), clip_)) << preset;
    EXPECT_EQ(first, run_clip(make_tracker(options, small_weights()).get(), clip_)) << preset;
  }
}

TEST_F(TrackerTest, AnotherSeedGivesAnotherRun) {
  Options options = quick_options();
  const Trace first = run_clip(make_tracker(options, weights_).get(), clip_);
  options["seed"] = 2;
  EXPECT_FALSE(first == run_clip(make_tracker(options, weights_).get(), clip_));
}

TEST_F(TrackerTest, NoOptionsMeanThePresetThatSuitsTheWeights) {
  const Clip clip = make_clip(2, 64, 64);
  Options recommended("dslt");
  dslt_tracker *bare = nullptr;
  /* Both take the cores at hand. One will do: many threads on a busy machine wait for one another. */
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const int rc = dslt_tracker_create(&bare, nullptr, weights_.get());
  const Tracker by_default(bare), by_name = make_tracker(recommended, weights_);
  EXPECT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  ASSERT_EQ(rc, DSLT_OK) << dslt_last_error();
  EXPECT_EQ(run_clip(by_default.get(), clip), run_clip(by_name.get(), clip));
}

TEST_F(TrackerTest, StartingOverForgetsEverything) {
  const Options options = quick_options("released");
  const Tracker tracker = make_tracker(options, weights_);
  const Trace fresh = run_clip(tracker.get(), clip_);
  const Clip larger = make_clip(3, 200, 152, 7);
  const Trace &other = run_clip(tracker.get(), larger); /* another frame size */
  EXPECT_EQ(other, run_clip(make_tracker(options, weights_).get(), larger));
  EXPECT_EQ(fresh, run_clip(tracker.get(), clip_));
}

TEST_F(TrackerTest, TwoThreadsFindWhatOneAfterTheOtherFinds) {
  const Clip other = make_clip(6, 136, 104, 5);
  const Options options = quick_options(), released = quick_options("released");
  const Trace a = run_clip(make_tracker(options, weights_).get(), clip_);
  const Trace b = run_clip(make_tracker(released, weights_).get(), other);
  Trace in_thread_a, in_thread_b;
  std::thread one([&] { in_thread_a = run_clip(make_tracker(options, weights_).get(), clip_); });
  std::thread two([&] { in_thread_b = run_clip(make_tracker(released, weights_).get(), other); });
  one.join();
  two.join();
  EXPECT_EQ(a, in_thread_a);
  EXPECT_EQ(b, in_thread_b);
}

TEST_F(TrackerTest, ATrackerMayMoveToAnotherThread) {
  const Options options = quick_options();
  const Trace expected = run_clip(make_tracker(options, weights_).get(), clip_);
  const Tracker tracker = make_tracker(options, weights_);
  dslt_image frame = clip_.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip_.box), DSLT_OK);
  Trace got;
  for (size_t i = 1; i < clip_.pixels.size(); ++i)
    std::thread([&] {
      dslt_result result = {};
      dslt_image next = clip_.frame(i);
      EXPECT_EQ(dslt_tracker_update(&result, tracker.get(), &next), DSLT_OK);
      got.add(result);
    }).join();
  const size_t head = expected.values.size() - got.values.size();
  EXPECT_EQ(
      std::vector<double>(expected.values.begin() + static_cast<std::ptrdiff_t>(head), expected.values.end()),
      got.values);
}

// ---- what a run says ---------------------------------------------------------------------------------

TEST_F(TrackerTest, TheFirstFrameReportsItsTraining) {
  const Options options = quick_options();
  const Tracker tracker = make_tracker(options, weights_);
  const dslt_image frame = clip_.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip_.box), DSLT_OK);
  dslt_result result = {};
  ASSERT_EQ(dslt_tracker_init_result(&result, tracker.get()), DSLT_OK);
  EXPECT_EQ(std::memcmp(&result.box, &clip_.box, sizeof result.box), 0);
  const float *losses = nullptr;
  int count = 0;
  ASSERT_EQ(dslt_tracker_init_losses(&losses, &count, tracker.get()), DSLT_OK);
  ASSERT_GE(count, 1);
  EXPECT_LE(count, options.number("init_steps"));
  EXPECT_EQ(result.steps, count);
  EXPECT_EQ(result.loss, static_cast<double>(losses[count - 1]));
  EXPECT_LT(losses[count - 1], losses[0]); /* it learnt something */
}

TEST_F(TrackerTest, TheResponseMapLiesAroundTheTarget) {
  for (const char *preset : {"dslt", "paper", "released"}) {
    const Tracker tracker = make_tracker(quick_options(preset), weights_);
    run_clip(tracker.get(), make_clip(2));
    dslt_response map = {};
    ASSERT_EQ(dslt_tracker_response(&map, tracker.get()), DSLT_OK) << dslt_last_error();
    ASSERT_GT(map.width, 1);
    ASSERT_GT(map.height, 1);
    for (int i = 0; i < map.width * map.height; ++i) ASSERT_TRUE(std::isfinite(map.data[i]));
    const double cx = clip_.box.x + clip_.box.width / 2, cy = clip_.box.y + clip_.box.height / 2;
    EXPECT_LT(map.window.x, cx);
    EXPECT_LT(map.window.y, cy);
    EXPECT_GT(map.window.x + map.window.width, cx);
    EXPECT_GT(map.window.y + map.window.height, cy);
    dslt_response again = {};
    ASSERT_EQ(dslt_tracker_response(&again, tracker.get()), DSLT_OK);
    EXPECT_EQ(std::memcmp(&again, &map, sizeof map), 0);
  }
}

// ---- frames ------------------------------------------------------------------------------------------

TEST_F(TrackerTest, AnotherFrameSizeIsRefusedAndTheTrackerGoesOn) {
  const Options options = quick_options();
  const Trace expected = run_clip(make_tracker(options, weights_).get(), clip_);
  const Tracker tracker = make_tracker(options, weights_);
  dslt_image frame = clip_.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip_.box), DSLT_OK);
  Trace got;
  for (size_t i = 1; i < clip_.pixels.size(); ++i) {
    frame = clip_.frame(i);
    for (int smaller : {1, 2}) {
      dslt_image wrong = frame;
      (smaller == 1 ? wrong.width : wrong.height) -= 1;
      dslt_result untouched;
      std::memset(&untouched, 0x5a, sizeof untouched);
      const dslt_result before = untouched;
      EXPECT_EQ(dslt_tracker_update(&untouched, tracker.get(), &wrong), DSLT_EFRAME);
      EXPECT_EQ(std::memcmp(&untouched, &before, sizeof before), 0);
    }
    dslt_result result = {};
    ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    got.add(result);
  }
  const size_t head = expected.values.size() - got.values.size();
  EXPECT_TRUE(std::equal(got.values.begin(), got.values.end(),
                         expected.values.begin() + static_cast<std::ptrdiff_t>(head)));
}

TEST_F(TrackerTest, FramesThatAreNoneAreRefused) {
  const Tracker tracker = make_tracker(quick_options(), weights_);
  const dslt_image good = clip_.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &good, &clip_.box), DSLT_OK);
  std::vector<dslt_image> bad(9, good);
  bad[0].data = nullptr;
  bad[1].width = 0;
  bad[2].height = -1;
  bad[3].width = 16385;
  bad[4].height = INT32_MAX;
  bad[5].stride = static_cast<size_t>(good.width) * 3 - 1;
  bad[6].stride = 0;
  const int beyond = 7, below = -1; /* through memory: C callers may hand over any number */
  std::memcpy(&bad[7].format, &beyond, sizeof beyond);
  std::memcpy(&bad[8].format, &below, sizeof below);
  dslt_result result = {};
  for (size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(dslt_tracker_init(tracker.get(), &bad[i], &clip_.box), DSLT_EFRAME) << i;
    EXPECT_EQ(dslt_tracker_update(&result, tracker.get(), &bad[i]), DSLT_EFRAME) << i;
  }
  EXPECT_EQ(dslt_tracker_update(&result, tracker.get(), &good), DSLT_OK) << dslt_last_error();
}

// The same picture in every format, with rows padded and beginning at odd addresses.
struct Packed {
  std::vector<uint8_t> bytes;
  dslt_image image;
};

Packed repack(const Clip &clip, size_t index, dslt_pixel_format format, bool grey) {
  static const size_t sizes[] = {3, 3, 1, 4, 4, 2, 6};
  const size_t size = sizes[format], stride = static_cast<size_t>(clip.width) * size + 5;
  Packed out;
  out.bytes.assign(stride * static_cast<size_t>(clip.height) + 1, 0xa5);
  for (int y = 0; y < clip.height; ++y)
    for (int x = 0; x < clip.width; ++x) {
      const uint8_t *p = &clip.pixels[index][(static_cast<size_t>(y) * clip.width + x) * 3];
      const uint8_t b = p[0], g = grey ? p[0] : p[1], r = grey ? p[0] : p[2];
      uint8_t *q = &out.bytes[1 + stride * static_cast<size_t>(y) + size * static_cast<size_t>(x)];
      const uint16_t wide[] = {static_cast<uint16_t>(b << 8 | 0x3c), static_cast<uint16_t>(g << 8 | 0xff),
                               static_cast<uint16_t>(r << 8)};
      switch (format) {
        case DSLT_BGR8:
        case DSLT_BGRA8: q[0] = b, q[1] = g, q[2] = r; break;
        case DSLT_RGB8:
        case DSLT_RGBA8: q[0] = r, q[1] = g, q[2] = b; break;
        case DSLT_GRAY8: q[0] = b; break;
        case DSLT_GRAY16: std::memcpy(q, wide, 2); break;
        case DSLT_BGR16: std::memcpy(q, wide, 6); break;
      }
      if (size == 4) q[3] = static_cast<uint8_t>(x * 7 + y); /* alpha is ignored */
    }
  out.image = {out.bytes.data() + 1, clip.width, clip.height, stride, format};
  return out;
}

TEST_F(TrackerTest, EveryPixelFormatGivesTheSameBoxes) {
  for (bool grey : {false, true}) {
    Trace expected;
    for (int format = DSLT_BGR8; format <= DSLT_BGR16; ++format) {
      if (!grey && (format == DSLT_GRAY8 || format == DSLT_GRAY16)) continue;
      const Tracker tracker = make_tracker(quick_options(), weights_);
      Trace trace;
      for (size_t i = 0; i < 4; ++i) {
        const Packed frame = repack(clip_, i, static_cast<dslt_pixel_format>(format), grey);
        dslt_result result = {};
        if (i == 0)
          ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame.image, &clip_.box), DSLT_OK) << dslt_last_error();
        else
          ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame.image), DSLT_OK) << dslt_last_error();
        trace.add(result);
      }
      if (format == DSLT_BGR8) expected = trace;
      EXPECT_EQ(trace, expected) << "format " << format << (grey ? ", grey" : "");
    }
  }
}

// ---- boxes -------------------------------------------------------------------------------------------

TEST_F(TrackerTest, BoxesThatCannotBeTrackedAreRefused) {
  const Options options = quick_options();
  const Trace expected = run_clip(make_tracker(options, weights_).get(), clip_);
  const Tracker tracker = make_tracker(options, weights_);
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity(), w = clip_.width,
               h = clip_.height;
  const dslt_box bad[] = {
      {nan, 5, 20, 20},       {5, nan, 20, 20},      {5, 5, nan, 20},    {5, 5, 20, nan},
      {inf, 5, 20, 20},       {5, -inf, 20, 20},     {5, 5, inf, 20},    {5, 5, 20, inf},
      {5, 5, 0, 20},          {5, 5, 20, 0},         {5, 5, -20, 20},    {5, 5, 20, -20},
      {5, 5, 0.5, 20},        {w, 5, 20, 20},        {5, h, 20, 20},     {-20, 5, 20, 20},
      {5, -20, 20, 20},       {w - 0.01, 5, 20, 20}, {1e308, 5, 20, 20}, {-1e308, 5, 20, 20},
      {-1e308, 5, 1e308, 20}, {0, 0, 1e300, 20},     {0, 0, 1e9, 1e9},   {5, 5, 20, 1e-300},
      {-1e6, -1e6, 2e6, 2e6},
  };
  const dslt_image frame = clip_.frame(0);
  for (const dslt_box &box : bad) {
    EXPECT_EQ(dslt_tracker_init(tracker.get(), &frame, &box), DSLT_EBOX)
        << box.x << ',' << box.y << ',' << box.width << ',' << box.height;
    dslt_result result = {};
    EXPECT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_ESTATE);
  }
  EXPECT_EQ(run_clip(tracker.get(), clip_), expected);
  dslt_result result = {}; /* a refused box leaves the target learnt before */
  EXPECT_EQ(dslt_tracker_init(tracker.get(), &frame, &bad[0]), DSLT_EBOX);
  EXPECT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK);
}

TEST_F(TrackerTest, BoxesOnTheEdgeAreTracked) {
  const double w = clip_.width, h = clip_.height;
  const dslt_box odd[] = {{0, 0, 1, 1},     {w - 1, h - 1, 1, 1},   {-19, -19, 20.5, 20.5},
                          {0, 0, w, h},     {-w, -h, 3 * w, 3 * h}, {10.25, 20.75, 1, 60},
                          {10, 20, 100, 1}, {w - 2, 5, 40, 30}};
  for (const char *preset : {"dslt", "paper", "released"}) {
    const Options options = quick_options(preset);
    const Tracker tracker = make_tracker(options, weights_);
    for (const dslt_box &box : odd) {
      SCOPED_TRACE(::testing::Message()
                   << preset << ' ' << box.x << ',' << box.y << ',' << box.width << ',' << box.height);
      dslt_image frame = clip_.frame(0);
      ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &box), DSLT_OK) << dslt_last_error();
      for (size_t i = 1; i < 3; ++i) {
        dslt_result result = {};
        frame = clip_.frame(i);
        ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
        expect_sane(result, box, options, clip_.width, clip_.height);
      }
    }
  }
}

// ---- pictures with nothing in them -------------------------------------------------------------------

dslt_image paint(std::vector<uint8_t> *pixels, int width, int height, int kind) {
  pixels->resize(static_cast<size_t>(width) * height * 3);
  uint32_t state = 12345;
  for (uint8_t &p : *pixels) {
    state = state * 1664525u + 1013904223u;
    p = kind == 0 ? 0 : kind == 1 ? 128 : kind == 2 ? 255 : static_cast<uint8_t>(state >> 24);
  }
  return {pixels->data(), width, height, static_cast<size_t>(width) * 3, DSLT_BGR8};
}

TEST_F(TrackerTest, FramesWithoutContentNeitherCrashNorMoveTheBoxAway) {
  const struct {
    int width, height;
    dslt_box box;
  } shapes[] = {
      {96, 72, {30, 20, 24, 20}}, {1, 1, {0, 0, 1, 1}}, {1, 40, {0, 10, 1, 8}}, {40, 1, {3, 0, 9, 1}}};
  for (const char *preset : {"dslt", "paper", "released"})
    for (const auto &shape : shapes)
      for (int first = 0; first < 4; ++first) {
        SCOPED_TRACE(::testing::Message()
                     << preset << ' ' << shape.width << 'x' << shape.height << " kind " << first);
        Options options = quick_options(preset);
        options["init_steps"] = 4;
        const Tracker tracker = make_tracker(options, weights_);
        std::vector<uint8_t> pixels;
        dslt_image frame = paint(&pixels, shape.width, shape.height, first);
        ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &shape.box), DSLT_OK) << dslt_last_error();
        for (int i = 0; i < 4; ++i) {
          dslt_result result = {};
          frame = paint(&pixels, shape.width, shape.height, (first + i) % 4);
          ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
          expect_sane(result, shape.box, options, shape.width, shape.height);
        }
      }
}

TEST_F(TrackerTest, LongNoiseKeepsTheBoxWithinItsLimits) {
  Options options = quick_options();
  options["scale_gate"] = -1; /* the pyramid runs whatever the peak: the size may drift every frame */
  options["init_rate_high"] = 1e-3;
  const Tracker tracker = make_tracker(options, weights_);
  dslt_image frame = clip_.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &frame, &clip_.box), DSLT_OK) << dslt_last_error();
  std::vector<uint8_t> pixels;
  for (int i = 0; i < 40; ++i) {
    dslt_result result = {};
    frame = paint(&pixels, clip_.width, clip_.height, 3);
    pixels[static_cast<size_t>(i) * 11] ^= 0xff;
    ASSERT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    expect_sane(result, clip_.box, options, clip_.width, clip_.height);
  }
}

// ---- precision ---------------------------------------------------------------------------------------

TEST_F(TrackerTest, Bfloat16RunsWhereTheProcessorHasIt) {
  dslt_backend_info info = {};
  ASSERT_EQ(dslt_backend_query(&info, 0), DSLT_OK);
  Options options = quick_options();
  const Trace plain = run_clip(make_tracker(options, weights_).get(), clip_);
  options["precision"] = "bf16";
  dslt_tracker *made = nullptr;
  const int rc = dslt_tracker_create(&made, options, weights_.get());
  const Tracker tracker(made);
  if (!info.bf16) {
    EXPECT_EQ(rc, DSLT_EUNSUPPORTED);
    EXPECT_EQ(made, nullptr);
    return;
  }
  ASSERT_EQ(rc, DSLT_OK) << dslt_last_error();
  const Trace half = run_clip(made, clip_);
  EXPECT_EQ(half, run_clip(made, clip_));
  EXPECT_FALSE(half == plain); /* it did compute in bfloat16 */
  ASSERT_GT(half.values.size(), 9u);
  EXPECT_NEAR(half.values[0], plain.values[0], 0.05 * plain.values[0]); /* the first loss */
}

}  // namespace
