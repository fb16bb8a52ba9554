/* SPDX-License-Identifier: Apache-2.0 */
// dslt demo on a few frames, and the filmstrip's choice of frames.
#include <algorithm>
#include <set>

#include "program.h"
#include "report/filmstrip.h"

namespace {

class Demo : public ClipTest {};

TEST_F(Demo, WritesItsFilesAndScores) {
  Outcome outcome =
      run({"demo", "--out", path("demo"), "--frames", "4", "--weights", weights(), "--backend", "cpu"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "frames per second: "));
  EXPECT_TRUE(contains(outcome.out, "mean overlap: "));
  EXPECT_TRUE(contains(outcome.out, " track VIDEO --box X,Y,WIDTH,HEIGHT"));
  dslt_box_list list = {};
  ASSERT_EQ(dslt_box_list_read_otb(&list, path("demo/boxes.txt").c_str()), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(list.count, 4);
  dslt_box_list_free(&list);
  EXPECT_EQ(std::filesystem::exists(path("demo/track.mp4")), DSLT_OPENCV == 1);
  EXPECT_TRUE(std::filesystem::exists(path(DSLT_OPENCV ? "demo/filmstrip.png" : "demo/filmstrip.ppm")));
}

TEST_F(Demo, RefusesWhatItCannotDo) {
  EXPECT_EQ(run({"demo", "--frames", "1"}).code, 2);
  EXPECT_EQ(run({"demo", "--preset", "fast", "--out", path("d")}).code, 2);
  EXPECT_EQ(run({"demo", "--weights", path("none"), "--out", path("d")}).code, 4);
  spill(path("file"), "");
  EXPECT_EQ(run({"demo", "--out", path("file")}).code, 1);
}

TEST(Filmstrip, SpreadsItsFramesAndRepeatsNone) {
  for (int frames : {2, 3, 8, 9, 10, 17, 150, 1000000}) {
    std::set<int> seen;
    int last = 0;
    for (int cell = 0; cell < DSLT_FILMSTRIP_CELLS; cell++) {
      int frame = dslt_filmstrip_frame(cell, frames);
      if (frame < 0) continue;
      EXPECT_GT(frame, last);
      EXPECT_LT(frame, frames);
      seen.insert(last = frame);
    }
    EXPECT_EQ((int)seen.size(), std::min(frames - 1, (int)DSLT_FILMSTRIP_CELLS));
    EXPECT_EQ(*seen.begin(), 1);
    EXPECT_EQ(last, frames - 1);
  }
  EXPECT_EQ(dslt_filmstrip_frame(-1, 100), -1);
  EXPECT_EQ(dslt_filmstrip_frame(DSLT_FILMSTRIP_CELLS, 100), -1);
}

}  // namespace
