/* SPDX-License-Identifier: Apache-2.0 */
// group_lives.h: groups whose targets join and leave, and what each of them would find alone; for the tests of groups on the CPU
// and on the emulated GPU.
#pragma once

#include "small_world.h"
#include "tracker/group.h"

struct FreeGroup {
  void operator()(dslt_group *group) const { dslt_group_free(group); }
};
using Group = std::unique_ptr<dslt_group, FreeGroup>;

inline Group make_group(const Options &options, const Weights &weights, int batch = 0) {
  dslt_group *group = nullptr;
  EXPECT_EQ(dslt_group_create(&group, options, weights.get()), DSLT_OK) << dslt_last_error();
  if (group) dslt_group_set_batch(group, batch);
  return Group(group);
}

// What becomes of a target that is in the group from frame `from` to frame `to`, and what it finds alone.
struct Life {
  dslt_box box;
  size_t from, to;
};

inline Trace alone(const Options &options, const Weights &weights, const Clip &clip, const Life &life) {
  const Tracker tracker = make_tracker(options, weights);
  dslt_image frame = clip.frame(life.from);
  EXPECT_EQ(dslt_tracker_init(tracker.get(), &frame, &life.box), DSLT_OK) << dslt_last_error();
  Trace trace;
  for (size_t i = life.from + 1; i <= life.to; ++i) {
    dslt_result result = {};
    frame = clip.frame(i);
    EXPECT_EQ(dslt_tracker_update(&result, tracker.get(), &frame), DSLT_OK) << dslt_last_error();
    trace.add(result);
  }
  return trace;
}

// Targets join on the frame that was tracked last, and leave after it.
inline std::vector<Trace> live(dslt_group *group, const Clip &clip, const std::vector<Life> &lives) {
  std::vector<Trace> traces(lives.size());
  std::vector<size_t> present;
  std::vector<dslt_box> first;
  for (size_t k = 0; k < lives.size(); ++k)
    if (lives[k].from == 0) present.push_back(k), first.push_back(lives[k].box);
  dslt_image frame = clip.frame(0);
  EXPECT_EQ(dslt_group_init(group, &frame, first.data(), static_cast<int>(first.size())), DSLT_OK)
      << dslt_last_error();
  for (size_t i = 1; i < clip.pixels.size(); ++i) {
    std::vector<dslt_result> results(present.size());
    frame = clip.frame(i);
    EXPECT_EQ(dslt_group_update(results.data(), group, &frame), DSLT_OK) << dslt_last_error();
    for (size_t p = 0; p < present.size(); ++p) traces[present[p]].add(results[p]);
    for (size_t p = 0; p < present.size();) {
      if (lives[present[p]].to != i || i + 1 == clip.pixels.size()) {
        ++p;
        continue;
      }
      EXPECT_EQ(dslt_group_remove(group, static_cast<int>(p)), DSLT_OK) << dslt_last_error();
      present.erase(present.begin() + static_cast<std::ptrdiff_t>(p));
    }
    for (size_t k = 0; k < lives.size(); ++k)
      if (lives[k].from == i) {
        EXPECT_EQ(dslt_group_add(group, &frame, &lives[k].box), DSLT_OK) << dslt_last_error();
        present.push_back(k);
      }
    EXPECT_EQ(dslt_group_count(group), static_cast<int>(present.size()));
  }
  return traces;
}

// Three boxes' lives in frames 0 .. last (4 or later): the second leaves a batch; two join, one where it was; the first leaves when
// a place is free.
inline std::vector<Life> lives_of(const std::vector<dslt_box> &boxes, size_t last) {
  return {{boxes[0], 0, 3},    {boxes[1], 0, 1},    {boxes[2], 0, last},
          {boxes[1], 2, last}, {boxes[0], 3, last}, {boxes[2], 1, last - 1}};
}

// Whoever joins or leaves, each finds what it finds alone.
inline void expect_undisturbed(dslt_group *group, const Options &options, const Weights &weights,
                               const Clip &clip, const std::vector<dslt_box> &boxes) {
  const std::vector<Life> lives = lives_of(boxes, clip.pixels.size() - 1);
  const std::vector<Trace> together = live(group, clip, lives);
  for (size_t k = 0; k < lives.size(); ++k) {
    EXPECT_FALSE(together[k].values.empty()) << "life " << k;
    EXPECT_TRUE(together[k] == alone(options, weights, clip, lives[k])) << "life " << k;
  }
}
