/* SPDX-License-Identifier: Apache-2.0 */
// Frames of one colour: nothing can be learnt, which is told, and the box does not walk away.
#include "small_world.h"

namespace {

struct Picture {
  int width = 120, height = 90;
  dslt_pixel_format format;
  std::vector<uint8_t> bytes;

  Picture(dslt_pixel_format f, int value) : format(f) {
    static const size_t sizes[] = {3, 3, 1, 4, 4, 2, 6};
    bytes.assign(static_cast<size_t>(width * height) * sizes[f], static_cast<uint8_t>(value));
  }
  dslt_image image() const {
    return {bytes.data(), width, height, bytes.size() / static_cast<size_t>(height), format};
  }
  // Another value in a rectangle of an 8-bit grey picture.
  void paint(int x, int y, int w, int h, int value) {
    for (int v = y; v < y + h; v++)
      for (int u = x; u < x + w; u++) bytes[static_cast<size_t>(v * width + u)] = static_cast<uint8_t>(value);
  }
};

class Blank : public testing::Test {
 protected:
  // What the first frame and one update of the same picture say.
  void track(dslt_result *first, dslt_result *second, const Picture &picture, const char *preset = "dslt") {
    Options options = quick_options(preset);
    options["init_steps"] = 3;
    const Tracker tracker = make_tracker(options, weights_);
    const dslt_image image = picture.image();
    ASSERT_EQ(dslt_tracker_init(tracker.get(), &image, &box_), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(dslt_tracker_init_result(first, tracker.get()), DSLT_OK);
    for (int i = 0; i < 3; i++)
      ASSERT_EQ(dslt_tracker_update(second, tracker.get(), &image), DSLT_OK) << dslt_last_error();
    dslt_response response;
    EXPECT_EQ(dslt_tracker_response(&response, tracker.get()), DSLT_OK) << dslt_last_error();
  }

  const dslt_box box_ = {50.25, 35, 20, 18.5};
  const Weights weights_ = small_weights();
};

TEST_F(Blank, TheBoxStaysAndIsLost) {
  for (dslt_pixel_format format : {DSLT_GRAY8, DSLT_BGR8, DSLT_BGRA8, DSLT_GRAY16, DSLT_BGR16})
    for (int value : {0, 90, 255}) {
      dslt_result first = {}, second = {};
      track(&first, &second, Picture(format, value), value == 90 ? "paper" : "dslt");
      EXPECT_EQ(first.lost, 1) << format;
      EXPECT_EQ(second.lost, 1) << format;
      EXPECT_EQ(second.box.x, box_.x);
      EXPECT_EQ(second.box.y, box_.y);
      EXPECT_EQ(second.box.width, box_.width);
      EXPECT_EQ(second.box.height, box_.height);
    }
}

TEST_F(Blank, TracesOfCompressionAreNoTexture) {
  Picture picture(DSLT_GRAY8, 90);
  picture.paint(52, 40, 4, 4, 92);
  dslt_result first = {}, second = {};
  track(&first, &second, picture);
  EXPECT_EQ(first.lost, 1);
}

TEST_F(Blank, APlainObjectOnAnotherColourIsNotBlank) {
  Picture inside(DSLT_GRAY8, 90), beside(DSLT_GRAY8, 90), far(DSLT_GRAY8, 90);
  inside.paint(50, 35, 20, 18, 120);
  beside.paint(40, 35, 5, 5, 120);
  far.paint(0, 0, 10, 10, 250);  // out of sight of the target
  dslt_result first = {}, second = {};
  track(&first, &second, inside);
  EXPECT_EQ(first.lost, 0);
  track(&first, &second, beside);
  EXPECT_EQ(first.lost, 0);
  track(&first, &second, far);
  EXPECT_EQ(first.lost, 1);
}

TEST_F(Blank, ANewTargetIsJudgedAnew) {
  const Clip clip = make_clip(2);
  const Tracker tracker = make_tracker(quick_options(), weights_);
  const Picture picture(DSLT_BGR8, 7);
  dslt_image image = picture.image();
  dslt_result result = {};
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &image, &box_), DSLT_OK) << dslt_last_error();
  image = clip.frame(0);
  ASSERT_EQ(dslt_tracker_init(tracker.get(), &image, &clip.box), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_tracker_init_result(&result, tracker.get()), DSLT_OK);
  EXPECT_EQ(result.lost, 0);
}

}  // namespace
