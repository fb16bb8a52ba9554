/* SPDX-License-Identifier: Apache-2.0 */
// What trackers read of a frame: with every other pixel inverted, each preset gives the same bytes.
#include "tracker/frame_area.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../api/small_world.h"
#include "preset_weights.h"
#include "small_trackloss.h"
#include "tracker/tracker.h"
#include "tracker/type.h"

namespace {

// The CPU backend, which gets every frame with the pixels outside of the area inverted.
struct Inverted {
  const dslt_device_ops *real = nullptr;
  dslt_device_ops table;
  std::vector<uint8_t> pixels;
  double all = 0, read = 0;  // pixels of the frames but the first
  int whole = 0;             // frames of which all was to be read
} inverted;

int inverted_frame(dslt_backend *backend, const dslt_image *image, const dslt_frame_area *reads) {
  if (!reads) return inverted.real->frame(backend, image, nullptr);
  EXPECT_GE(reads->x, 0);
  EXPECT_GE(reads->y, 0);
  EXPECT_LE(reads->x + reads->width, image->width);
  EXPECT_LE(reads->y + reads->height, image->height);
  const auto *from = static_cast<const uint8_t *>(image->data);
  inverted.pixels.assign(from, from + image->stride * size_t(image->height));
  for (int y = 0; y < image->height; ++y)
    for (int x = 0; x < image->width; ++x)
      if (x < reads->x || y < reads->y || x >= reads->x + reads->width || y >= reads->y + reads->height)
        for (int c = 0; c < 3; ++c) inverted.pixels[image->stride * size_t(y) + size_t(3 * x + c)] ^= 0xff;
  inverted.all += double(image->width) * image->height;
  inverted.read += double(reads->width) * reads->height;
  inverted.whole += reads->width == image->width && reads->height == image->height;
  dslt_image other = *image;
  other.data = inverted.pixels.data();
  return inverted.real->frame(backend, &other, reads);
}

// Frames of a clip in an order that makes the target jump, and empty ones so that it is lost for a while.
Clip jumps() {
  Clip clip = make_clip(40, 320, 240, 5), out = clip;
  out.pixels.clear();
  const std::vector<uint8_t> empty(clip.pixels[0].size(), 128);
  for (size_t i : {0, 1, 2, 12, 3, 30, 31}) out.pixels.push_back(clip.pixels[i]);
  out.pixels.insert(out.pixels.end(), 4, empty);
  out.pixels.push_back(clip.pixels[35]);
  out.pixels.push_back(clip.pixels[36]);
  return out;
}

Options options_of(const char *preset) {
  Options o(preset);
  o["backend"] = "cpu";
  o["threads"] = 1;
  o["precision"] = "f32";
  const std::string tracker = dslt_options_tracker(o);
  if (tracker == "dslt" || tracker == "siamese") o["reduce_channels"] = 8, o["init_steps"] = 4;
  if (tracker == "dslt") o["search_min_area"] = 3000, o["search_max_area"] = 4096;
  if (tracker == "crt") {
    o["kernel_cells"] = 25, o["patch_width"] = 4, o["patch_height"] = 4;
    o["pca_channels"] = 6, o["init_steps"] = 8, o["init_rate"] = 1e-4, o["online_rate"] = 1e-5;
  }
  if (tracker == "trackloss")
    for (const auto &s : small_trackloss::settings()) o[s.first] = s.second;
  return o;
}

// Those of trackers that do not read whole frames.
std::vector<std::string> presets() {
  std::vector<std::string> out;
  for (int i = 0; const dslt_tracker_type *type = dslt_tracker_type_at(i); ++i)
    for (int p = 0; type->reads && p < type->preset_count; ++p) out.push_back(type->presets[p].name);
  return out;
}

class FrameArea : public ::testing::TestWithParam<std::string> {};

TEST_P(FrameArea, NothingElseIsRead) {
  const Clip clip = jumps();
  const Options o = options_of(GetParam().c_str());
  Trace traces[2];
  for (int other = 0; other < 2; ++other) {
    dslt_tracker *made = nullptr;
    ASSERT_EQ(dslt_tracker_create(&made, o, preset_weights::of(GetParam())), DSLT_OK) << dslt_last_error();
    const Tracker tracker(made);
    if (other) {
      dslt_backend *backend = made->group.shared.backend;
      inverted = {};
      inverted.real = backend->device;
      inverted.table = *backend->device;
      inverted.table.frame = inverted_frame;
      backend->device = &inverted.table;
    }
    traces[other] = run_clip(made, clip);
    if (other) made->group.shared.backend->device = inverted.real;
  }
  EXPECT_EQ(traces[0].values, traces[1].values);
  EXPECT_LT(inverted.whole, int(clip.pixels.size()) - 1);
  EXPECT_LT(inverted.read, 0.9 * inverted.all);
}

INSTANTIATE_TEST_SUITE_P(Presets, FrameArea, ::testing::ValuesIn(presets()), [](const auto &one) {
  std::string name = one.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

dslt_search search_of(int frame_width, int frame_height) {
  dslt_search out = {};
  out.area.frame_width = frame_width, out.area.frame_height = frame_height;
  out.area.input_width = 64, out.area.input_height = 32;
  out.area.anchor_x = 32, out.area.anchor_y = 16;
  out.area.ratio_x = out.area.ratio_y = 1.0;
  out.scale.levels = 3, out.scale.step = 2.0;
  return out;
}

TEST(FrameAreaOf, ALevelHasItsPixelsTwiceWhereItCropsAgain) {
  const dslt_search search = search_of(1000, 800);
  dslt_target_state state = {};
  state.cx = 500, state.cy = 400, state.scale = 1.0;
  const dslt_frame_area once = dslt_search_reach(&search, &state, DSLT_READS_SEARCH),
                        twice = dslt_search_reach(&search, &state, DSLT_READS_MOVED);
  EXPECT_EQ(once.width, 2 * (64 + 8) + 1);  // the largest level, its filters, and room
  EXPECT_EQ(once.height, 2 * (32 + 8) + 1);
  EXPECT_EQ(once.x, 500 - 72);
  EXPECT_EQ(once.y, 400 - 40);
  EXPECT_EQ(twice.width, 2 * (128 + 8) + 1);
  const dslt_frame_area all = dslt_search_reach(&search, &state, DSLT_READS_ALL);
  EXPECT_EQ(all.width, 1000);
  EXPECT_EQ(all.height, 800);
  state.look_x = 100, state.look_y = -50;
  const dslt_frame_area away = dslt_search_reach(&search, &state, DSLT_READS_SEARCH);
  EXPECT_EQ(away.x, once.x + 100);
  EXPECT_EQ(away.y, once.y - 50);
}

// Beyond an edge the edge's pixels are read.
TEST(FrameAreaOf, StaysInTheFrameAndKeepsItsEdge) {
  const dslt_search search = search_of(100, 50);
  dslt_target_state state = {};
  state.scale = 1.0;
  for (double x : {-1e9, -500.0, 0.0, 50.0, 600.0, 1e9, double(NAN)}) {
    state.cx = x, state.cy = 25;
    const dslt_frame_area a = dslt_search_reach(&search, &state, DSLT_READS_SEARCH);
    EXPECT_GE(a.x, 0) << x;
    EXPECT_GE(a.width, 1) << x;
    EXPECT_LE(a.x + a.width, 100) << x;
    EXPECT_EQ(a.height, 50) << x;
    if (x > 500) {
      EXPECT_EQ(a.x, 99) << x;
    }
    if (std::isnan(x)) {
      EXPECT_EQ(a.width, 100);
    }
  }
}

TEST(FrameAreaOf, JoinsAndEnlarges) {
  const dslt_frame_area none = {0, 0, 0, 0}, a = {10, 20, 40, 8}, b = {30, 10, 30, 12};
  const dslt_frame_area both = dslt_frame_area_join(&a, &b), one = dslt_frame_area_join(&none, &b);
  EXPECT_EQ(both.x, 10);
  EXPECT_EQ(both.y, 10);
  EXPECT_EQ(both.width, 50);
  EXPECT_EQ(both.height, 18);
  EXPECT_EQ(one.x, 30);
  EXPECT_EQ(one.height, 12);
  EXPECT_EQ(dslt_frame_area_join(&a, &none).width, 40);
  const dslt_frame_area more = dslt_frame_area_enlarge(&a, 55, 100);
  EXPECT_EQ(more.x, 5);
  EXPECT_EQ(more.width, 50);
  EXPECT_EQ(more.y, 19);
  EXPECT_EQ(more.height, 10);
  EXPECT_EQ(dslt_frame_area_enlarge(&a, 52, 100).width, 47);
}

}  // namespace
