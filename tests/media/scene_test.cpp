/* SPDX-License-Identifier: Apache-2.0 */
// The rendered clip: same bytes, true boxes, every effect alone.
#include "media/scene.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "media_test.h"

namespace {

class Scene {
 public:
  explicit Scene(const dslt_scene_options &options) {
    EXPECT_EQ(dslt_scene_create(&scene_, &options), DSLT_OK) << dslt_last_error();
  }
  ~Scene() {
    dslt_scene_free(scene_);
    dslt_canvas_free(&canvas_);
  }
  Bytes frame(int index) {
    EXPECT_EQ(dslt_scene_render(&canvas_, &box_, scene_, index), DSLT_OK) << dslt_last_error();
    return Bytes(canvas_.pixels, canvas_.pixels + canvas_.width * canvas_.height * 3);
  }
  dslt_box box(int index) {
    frame(index);
    return box_;
  }
  const dslt_canvas &canvas() const { return canvas_; }
  dslt_scene *get() { return scene_; }

 private:
  dslt_scene *scene_ = nullptr;
  dslt_canvas canvas_ = {};
  dslt_box box_ = {};
};

dslt_scene_options defaults() {
  dslt_scene_options o;
  dslt_scene_defaults(&o);
  return o;
}

dslt_scene_options still() {
  dslt_scene_options o = defaults();
  o.motion = o.scale = o.rotation = o.blur = o.occlusion = o.background = 0;
  return o;
}

// Mean absolute difference over the pixels of a box.
double difference(const Bytes &a, const Bytes &b, int width, const dslt_box &box) {
  double sum = 0, n = 0;
  for (int y = static_cast<int>(box.y) + 1; y < box.y + box.height - 1; y++) {
    for (int x = static_cast<int>(box.x) + 1; x < box.x + box.width - 1; x++) {
      for (int c = 0; c < 3; c++, n++) {
        const size_t i = static_cast<size_t>((y * width + x) * 3 + c);
        sum += std::abs(a[i] - b[i]);
      }
    }
  }
  return sum / n;
}

// Sum of squared differences of horizontal neighbours: falls when the picture is blurred.
double sharpness(const Bytes &a, int width, const dslt_box &box) {
  double sum = 0, n = 0;
  for (int y = static_cast<int>(box.y + box.height * 0.2); y < box.y + box.height * 0.8; y++) {
    for (int x = static_cast<int>(box.x + box.width * 0.2); x < box.x + box.width * 0.8; x++, n++) {
      const size_t i = static_cast<size_t>((y * width + x) * 3 + 1);
      sum += std::pow(a[i] - a[i + 3], 2) + std::pow(a[i] - a[i + static_cast<size_t>(width) * 3], 2);
    }
  }
  return sum / n;
}

}  // namespace

TEST(Scene, SameSeedSameBytesInAnyOrder) {
  Scene a(defaults()), b(defaults());
  std::vector<Bytes> forward;
  for (int i = 0; i < 150; i += 7) forward.push_back(a.frame(i));
  for (int i = static_cast<int>(forward.size()) - 1; i >= 0; i--) {
    EXPECT_EQ(b.frame(i * 7), forward[static_cast<size_t>(i)]) << i;
  }
  auto other = defaults();
  other.seed = 2;
  EXPECT_NE(Scene(other).frame(0), forward[0]);
}

TEST(Scene, TruthLiesInsideTheFrameAndStartsAtTheGivenSize) {
  for (uint64_t seed : {1, 2, 3, 99}) {
    auto o = defaults();
    o.seed = seed;
    o.frames = 400;
    Scene scene(o);
    const dslt_box first = scene.box(0);
    EXPECT_EQ(first.width, 64);
    EXPECT_EQ(first.height, 80);
    double smallest = 9, largest = 0, farthest = 0;
    dslt_box before = first;
    for (int i = 0; i<o.frames; i += seed> 2 ? 6 : 1) {
      const dslt_box b = scene.box(i);
      ASSERT_GE(b.x, 0);
      ASSERT_GE(b.y, 0);
      ASSERT_LE(b.x + b.width, o.width);
      ASSERT_LE(b.y + b.height, o.height);
      smallest = std::min(smallest, b.width / 64);
      largest = std::max(largest, b.width / 64);
      if (seed <= 2) {
        farthest = std::max(farthest, std::hypot(b.x + b.width / 2 - before.x - before.width / 2,
                                                 b.y + b.height / 2 - before.y - before.height / 2));
      }
      before = b;
    }
    EXPECT_GT(largest, 1.3);
    EXPECT_LT(largest, 1.5);
    EXPECT_LT(smallest, 0.8);
    EXPECT_GT(smallest, 0.7);
    EXPECT_LT(farthest, 14);
    EXPECT_TRUE(seed > 2 || farthest > 3) << farthest;
  }
}

// The object fills its box exactly: pixels change inside up to the border and, shadow aside, not outside.
TEST(Scene, ObjectFillsItsBox) {
  auto o = still();
  o.object_width = 64, o.object_height = 80;
  Scene with(o);
  const Bytes a = with.frame(0);
  const dslt_box box = with.box(0);
  ASSERT_EQ(box.x, 208);
  ASSERT_EQ(box.y, 140);
  o.object_width = o.object_height =
      4;  // as good as absent, but the background's cut-outs take their size from it
  auto moved = still();
  moved.width = 480;
  // The same background with the object elsewhere: turn on motion alone and pick a frame where it is away.
  moved.motion = 1;
  Scene away(moved);
  int far = -1;
  for (int i = 0; i < 150 && far < 0; i++) {
    const dslt_box b = away.box(i);
    if (std::abs(b.x - box.x) > 130 || std::abs(b.y - box.y) > 130) far = i;
  }
  ASSERT_GE(far, 0);
  const Bytes b = away.frame(far);
  EXPECT_GT(difference(a, b, 480, box), 30);
  const auto changed = [&](int x, int y) {
    const size_t i = static_cast<size_t>((y * 480 + x) * 3);
    return std::abs(a[i] - b[i]) + std::abs(a[i + 1] - b[i + 1]) + std::abs(a[i + 2] - b[i + 2]) > 24;
  };
  // left and upper side carry no shadow
  int inside = 0, outside = 0;
  for (int y = 160; y < 210; y++) inside += changed(209, y), outside += changed(205, y);
  EXPECT_GT(inside, 30);
  EXPECT_LT(outside, 5);
  inside = outside = 0;
  for (int x = 208; x < 272; x++) inside += changed(x, 143), outside += changed(x, 137);
  EXPECT_GT(inside, 5);  // the ears
  EXPECT_LT(outside, 5);
}

// With everything off the clip is a photograph; each effect alone changes what it should.
TEST(Scene, EveryEffectCanBeSwitched) {
  {
    Scene scene(still());
    EXPECT_EQ(scene.frame(0), scene.frame(149));
    EXPECT_EQ(scene.box(0).x, scene.box(149).x);
  }
  auto o = still();
  o.motion = 1;
  {
    Scene scene(o);
    EXPECT_NE(scene.box(0).x, scene.box(30).x);
    EXPECT_EQ(scene.box(0).width, scene.box(30).width);
  }
  o = still();
  o.scale = 1;
  {
    Scene scene(o);
    EXPECT_NE(scene.box(0).width, scene.box(30).width);
    const dslt_box a = scene.box(0), b = scene.box(30);
    EXPECT_NEAR(a.x + a.width / 2, b.x + b.width / 2, 1e-9);
  }
  o = still();
  o.rotation = 1;
  {
    Scene scene(o);
    const Bytes a = scene.frame(0), b = scene.frame(12);
    const dslt_box box = scene.box(12);
    EXPECT_EQ(box.width, 64);
    EXPECT_GT(difference(a, b, 480, box), 8);
  }
  o = still();
  o.background = 1;
  {
    Scene scene(o);
    const Bytes a = scene.frame(0), b = scene.frame(40);
    const dslt_box box = scene.box(0), corner = {10, 10, 100, 100};
    EXPECT_GT(difference(a, b, 480, corner), 8);
    const dslt_box core = {box.x + 16, box.y + 20, box.width - 32, box.height - 40};
    EXPECT_EQ(difference(a, b, 480, core), 0);
  }
}

TEST(Scene, BlurSoftensTheObjectOnItsStretchesOnly) {
  auto o = defaults();
  o.occlusion = 0;
  auto sharp = o;
  sharp.blur = 0;
  Scene a(o), b(sharp);
  double softest = 1;
  for (int i = 0; i < 150; i += 2) {
    const bool inside = (i >= 33 && i <= 51) || (i >= 120 && i <= 135);
    const Bytes fa = a.frame(i), fb = b.frame(i);
    if (!inside) {
      EXPECT_EQ(fa, fb) << i;
    } else {
      softest = std::min(softest, sharpness(fa, 480, a.box(i)) / sharpness(fb, 480, a.box(i)));
    }
  }
  EXPECT_LT(softest, 0.5);
}

TEST(Scene, ThePostCoversHalfOfTheObjectOnce) {
  auto o = defaults();
  o.blur = 0;
  auto open = o;
  open.occlusion = 0;
  Scene a(o), b(open);
  int covered = 0, runs = 0;
  double most = 0;
  bool before = false;
  for (int i = 0; i < 150; i++) {
    const Bytes fa = a.frame(i), fb = b.frame(i);
    const dslt_box box = a.box(i);
    double n = 0, changed = 0;
    for (int y = static_cast<int>(box.y); y < box.y + box.height; y++) {
      for (int x = static_cast<int>(box.x); x < box.x + box.width; x++, n++) {
        changed += std::memcmp(&fa[static_cast<size_t>((y * 480 + x) * 3)],
                               &fb[static_cast<size_t>((y * 480 + x) * 3)], 3) != 0;
      }
    }
    most = std::max(most, changed / n);
    const bool now = changed / n > 0.05;
    covered += now;
    runs += now && !before;
    before = now;
  }
  EXPECT_EQ(runs, 1);
  EXPECT_GE(covered, 5);
  EXPECT_LE(covered, 40);
  EXPECT_GT(most, 0.4);
  EXPECT_LT(most, 0.7);
}

// Sub-pixel placement: moving by a fraction of a pixel changes the picture by a little, steadily.
TEST(Scene, PlacementIsSubPixel) {
  auto o = still();
  o.width =
      481;  // the centre moves by half a pixel, and the background's margin does not matter for the core
  Scene a(still()), b(o);
  EXPECT_EQ(b.box(0).x - a.box(0).x, 0.5);
  const Bytes fa = a.frame(0), fb = b.frame(0);
  double same = 0, n = 0;
  for (int y = 160; y < 200; y++) {
    for (int x = 225; x < 255; x++, n++) {
      // half a pixel to the right: about the mean of a pixel and its left neighbour
      const double mean = (fa[static_cast<size_t>((y * 480 + x) * 3 + 1)] +
                           fa[static_cast<size_t>((y * 480 + x - 1) * 3 + 1)]) /
                          2.0;
      same += std::abs(mean - fb[static_cast<size_t>((y * 481 + x) * 3 + 1)]) < 25;
    }
  }
  EXPECT_GT(same / n, 0.9);
}

// The boxes of a clip with an event, and of the same without.
struct Boxes {
  std::vector<dslt_box> with, without;
};
Boxes boxes_of(int event) {
  dslt_scene_options o = defaults();
  o.background = 0;
  Boxes out;
  Scene plain(o);
  o.event = event;
  Scene other(o);
  for (int i = 0; i < o.frames; ++i) {
    out.with.push_back(other.box(i));
    out.without.push_back(plain.box(i));
  }
  return out;
}

int absent(const std::vector<dslt_box> &boxes) {
  int count = 0;
  for (const dslt_box &b : boxes)
    count += std::isnan(b.x) && std::isnan(b.y) && std::isnan(b.width) && std::isnan(b.height);
  return count;
}

TEST(SceneEvent, AWallHidesTheObjectWhichGoesOn) {
  const Boxes b = boxes_of(DSLT_SCENE_HIDE);
  EXPECT_GE(absent(b.with), 10);
  EXPECT_LE(absent(b.with), 30);
  for (size_t i = 0; i < b.with.size(); ++i) {
    if (std::isnan(b.with[i].x)) continue;
    EXPECT_EQ(b.with[i].x, b.without[i].x) << i;
    EXPECT_EQ(b.with[i].width, b.without[i].width) << i;
  }
}

TEST(SceneEvent, ItLeavesOnTheLeftAndComesBackFromTheRight) {
  const Boxes b = boxes_of(DSLT_SCENE_LEAVE);
  EXPECT_GE(absent(b.with), 10);
  size_t gone = 0, back = 0;
  for (size_t i = 1; i < b.with.size(); ++i) {
    if (std::isnan(b.with[i].x) && !gone) gone = i;
    if (std::isnan(b.with[i - 1].x) && !std::isnan(b.with[i].x)) back = i;
  }
  ASSERT_GT(gone, 50u);
  ASSERT_GT(back, gone);
  EXPECT_LT(b.with[gone - 1].x, 10);
  EXPECT_GT(b.with[back].x + b.with[back].width, 430);
  EXPECT_EQ(b.with.front().x, b.without.front().x);
  EXPECT_EQ(b.with.back().x, b.without.back().x);
}

TEST(SceneEvent, ACutIsAJumpInOneFrame) {
  const Boxes b = boxes_of(DSLT_SCENE_CUT);
  EXPECT_EQ(absent(b.with), 0);
  int jumps = 0;
  for (size_t i = 1; i < b.with.size(); ++i) {
    const double far = std::hypot(b.with[i].x - b.with[i - 1].x, b.with[i].y - b.with[i - 1].y);
    jumps += far > 60;
    if (i != 60) {
      EXPECT_LT(far, 30) << i;
    }
  }
  EXPECT_EQ(jumps, 1);
  EXPECT_EQ(b.with[59].x, b.without[59].x);
}

TEST(SceneEvent, NamesGiveTheEvent) {
  dslt_scene_options o;
  const struct {
    const char *name;
    int event, width;
  } good[] = {{"scene:3:hide", DSLT_SCENE_HIDE, 480},
              {"scene:3:640x480:leave", DSLT_SCENE_LEAVE, 640},
              {"scene:3:cut", DSLT_SCENE_CUT, 480},
              {"scene:3", DSLT_SCENE_NO_EVENT, 480}};
  for (const auto &g : good) {
    ASSERT_EQ(dslt_scene_parse(&o, g.name), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(o.event, g.event) << g.name;
    EXPECT_EQ(o.width, g.width) << g.name;
  }
  for (const char *bad : {"scene:3:", "scene:3:hid", "scene:3:hidey", "scene:3:hide:cut",
                          "scene:3:cut:640x480", "scene:3::cut"})
    EXPECT_EQ(dslt_scene_parse(&o, bad), DSLT_EARGUMENT) << bad;
}

TEST(Scene, RefusesWhatCannotBeRendered) {
  dslt_scene *scene = nullptr;
  auto o = defaults();
  o.object_width = 470;
  EXPECT_EQ(dslt_scene_create(&scene, &o), DSLT_EARGUMENT);
  EXPECT_NE(std::string(dslt_last_error()).find("does not fit"), std::string::npos);
  o = defaults();
  o.width = 5000;
  EXPECT_EQ(dslt_scene_create(&scene, &o), DSLT_EARGUMENT);
  o = defaults();
  o.frames = 0;
  EXPECT_EQ(dslt_scene_create(&scene, &o), DSLT_EARGUMENT);
  o = defaults();
  o.object_height = NAN;
  EXPECT_EQ(dslt_scene_create(&scene, &o), DSLT_EARGUMENT);
  EXPECT_EQ(scene, nullptr);
  Scene good(defaults());
  dslt_canvas canvas = {};
  EXPECT_EQ(dslt_scene_render(&canvas, nullptr, good.get(), 150), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_scene_render(&canvas, nullptr, good.get(), -1), DSLT_EARGUMENT);
  EXPECT_EQ(canvas.pixels, nullptr);
  dslt_scene_free(nullptr);
}

TEST(Scene, NamesGiveSeedAndSize) {
  dslt_scene_options o;
  ASSERT_EQ(dslt_scene_parse(&o, "scene:7"), DSLT_OK);
  EXPECT_EQ(o.seed, 7u);
  EXPECT_EQ(o.width, 480);
  ASSERT_EQ(dslt_scene_parse(&o, "scene:0:240x180"), DSLT_OK);
  EXPECT_EQ(o.width, 240);
  EXPECT_EQ(o.height, 180);
  EXPECT_DOUBLE_EQ(o.object_width, 32);
  for (const char *bad :
       {"scene:", "scene:-1", "scene:x", "scene:1:", "scene:1:20", "scene:1:20x", "scene:1:20x20x",
        "scene:1x", "scene:1:0x20", "scene:1:9999999x20", "scene:99999999999999999999", "cene:1"}) {
    EXPECT_EQ(dslt_scene_parse(&o, bad), DSLT_EARGUMENT) << bad;
    EXPECT_NE(std::string(dslt_last_error()).find(bad), std::string::npos);
  }
}

TEST(Scene, SmallAndShortClipsWork) {
  auto o = defaults();
  o.width = 64, o.height = 48, o.object_width = 10, o.object_height = 12;
  for (int frames : {1, 2, 20}) {
    o.frames = frames;
    Scene scene(o);
    for (int i = 0; i < frames; i++) {
      const dslt_box b = scene.box(i);
      EXPECT_GE(b.x, 0);
      EXPECT_LE(b.x + b.width, 64);
    }
  }
}
