// SPDX-License-Identifier: Apache-2.0
// Damaged stretches of a video: what is reported, and when.
#include "media/damage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace {

struct Video {
  dslt_notes notes;
  dslt_damage damage;

  explicit Video(int live = 0) : damage{} {
    dslt_notes_init(&notes);
    damage.notes = &notes;
    damage.name = "clip.mp4";
    damage.live = live;
    damage.fps = 25;
    damage.time = NAN;
  }
  ~Video() { dslt_notes_free(&notes); }
  Video(const Video &) = delete;
  Video &operator=(const Video &) = delete;

  void Good(int count) {
    for (int i = 0; i < count; i++) dslt_damage_frame(&damage, at++ / 25.0, 0);
  }
  void Patched(int count) {
    for (int i = 0; i < count; i++) dslt_damage_frame(&damage, at++ / 25.0, 1);
  }
  void Lost(int count) {
    for (int i = 0; i < count; i++) dslt_damage_lost(&damage);
  }
  std::vector<std::string> Told() {
    std::vector<std::string> out;
    char text[DSLT_NOTE_LENGTH];
    while (dslt_notes_take(text, sizeof text, &notes)) out.emplace_back(text);
    return out;
  }
  int at = 0;  // frames on the clock
};

TEST(Damage, AWholeVideoIsNotReported) {
  Video v;
  v.Good(30);
  dslt_damage_end(&v.damage, 30, 0);
  EXPECT_TRUE(v.Told().empty());
  EXPECT_EQ(v.damage.number, 30);
}

TEST(Damage, AStretchIsReportedOnceTenGoodFramesFollow) {
  Video v;
  v.Good(5);
  v.Lost(2);
  v.Good(9);
  EXPECT_TRUE(v.Told().empty());
  v.Good(1);
  EXPECT_EQ(v.Told(),
            std::vector<std::string>{"clip.mp4 is damaged between frame 4 (0.160 s) and frame 5 (0.200 s): "
                                     "2 frames could not be decoded and are missing."});
  EXPECT_EQ(dslt_notes_damaged(&v.notes), 1);
}

TEST(Damage, StretchesWithFewGoodFramesBetweenAreOne) {
  Video v;
  v.Good(5);
  v.Lost(1);
  v.Good(4);
  v.Patched(1);
  v.Good(10);
  EXPECT_EQ(v.Told(),
            std::vector<std::string>{"clip.mp4 is damaged between frame 4 (0.160 s) and frame 10 (0.400 s): "
                                     "1 frame could not be decoded and is missing, 1 more is partly made up "
                                     "by the decoder."});
}

TEST(Damage, AGapInTheTimesCountsOnlyBesideOtherDamage) {
  Video quiet;
  quiet.Good(5);
  quiet.at += 3;  // as in a video whose rate changes
  quiet.Good(12);
  EXPECT_TRUE(quiet.Told().empty());
  Video v;
  v.Good(5);
  v.damage.complaints = 1;
  v.at += 3;
  v.Good(12);
  EXPECT_EQ(v.Told(),
            std::vector<std::string>{"clip.mp4 is damaged between frame 4 (0.160 s) and frame 5 (0.320 s): "
                                     "3 frames could not be decoded and are missing."});
  EXPECT_EQ(v.damage.complaints, 0);
}

TEST(Damage, AComplaintHoldsForTenGoodFrames) {
  const std::string end = "clip.mp4 is cut off or damaged after frame ";
  Video passed, gap, near_end, twice;
  for (Video *v : {&passed, &gap, &near_end, &twice}) {
    v->Good(5);
    dslt_damage_complaint(&v->damage);
  }
  passed.Good(10);
  dslt_damage_end(&passed.damage, 0, 0);
  EXPECT_TRUE(passed.Told().empty());
  gap.Good(10);
  gap.at += 3;  // as in a video whose rate changes
  gap.Good(10);
  dslt_damage_end(&gap.damage, 0, 0);
  EXPECT_TRUE(gap.Told().empty());
  near_end.Good(9);
  near_end.at += 3;
  near_end.Good(1);
  dslt_damage_end(&near_end.damage, 0, 0);
  EXPECT_EQ(near_end.Told(),
            std::vector<std::string>{"clip.mp4 is damaged between frame 13 (0.520 s) and frame 14 (0.680 s): "
                                     "3 frames could not be decoded and are missing."});
  twice.Good(9);
  dslt_damage_complaint(&twice.damage);
  twice.Good(9);
  dslt_damage_end(&twice.damage, 0, 0);
  EXPECT_EQ(twice.Told(), std::vector<std::string>{end + "22 (0.880 s), its last one."});
}

TEST(Damage, BeforeTheFirstFrameItIsDamageOfAFileAlone) {
  Video file, stream(1);
  for (Video *v : {&file, &stream}) {
    v->Lost(3);
    v->Good(10);
  }
  EXPECT_EQ(file.Told(),
            std::vector<std::string>{"clip.mp4 is damaged before frame 0 (0.000 s): 3 frames could not be "
                                     "decoded and are missing."});
  EXPECT_TRUE(stream.Told().empty());
}

TEST(Damage, AtTheEnd) {
  Video v;
  v.Good(5);
  v.Patched(1);
  dslt_damage_end(&v.damage, 0, 0);
  EXPECT_EQ(v.Told(),
            std::vector<std::string>{"clip.mp4 is damaged after frame 4 (0.160 s), at its end: 1 frame is "
                                     "partly made up by the decoder."});
  Video cut;
  cut.Good(5);
  dslt_damage_end(&cut.damage, 75, 70);
  EXPECT_EQ(cut.Told(), std::vector<std::string>{
                            "clip.mp4 is cut off after frame 4 (0.160 s): 70 of its 75 frames are missing."});
  Video complained;
  complained.Good(5);
  complained.damage.complaints = 1;
  dslt_damage_end(&complained.damage, 0, 0);
  EXPECT_EQ(complained.Told(), std::vector<std::string>{
                                   "clip.mp4 is cut off or damaged after frame 4 (0.160 s), its last one."});
  Video nothing;
  nothing.damage.complaints = 1;
  dslt_damage_end(&nothing.damage, 75, 75);
  EXPECT_TRUE(nothing.Told().empty());
}

}  // namespace
