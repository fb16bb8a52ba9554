/* SPDX-License-Identifier: Apache-2.0 */
// Allocations per frame, counted by replacing malloc: none by dslt after the second frame. oneDNN's own calls
// build a small map of arguments each time a primitive runs, which its interface cannot avoid: those are
// counted apart, must be small and must all be freed again. And the memory of a full-width run.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "../options.h"
#include "dslt/dslt.h"
#include "media/scene.h"
#include "skip.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define DSLT_COUNTS 0
#else
#define DSLT_COUNTS 1

struct Count {
  std::atomic<long> ours{0}, others{0}, freed{0};
  std::atomic<std::size_t> largest{0};
};
static Count count;
static std::atomic<bool> counting{false};

static void count_from_zero() {
  count.ours = count.others = count.freed = 0;
  count.largest = 0;
}

static bool from_this_program(const void *caller) {
  extern char __executable_start, etext;  // the linker's bounds of the program's own code, libdslt.a included
  return caller >= &__executable_start && caller < &etext;
}

static void note(const void *caller, std::size_t bytes) {
  if (!counting) return;
  ++(from_this_program(caller) ? count.ours : count.others);
  if (bytes > count.largest) count.largest = bytes;
}

// glibc's own entry points; every library in this process ends up in the functions below.
extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

void *malloc(size_t n) {
  note(__builtin_return_address(0), n);
  return __libc_malloc(n);
}
void *calloc(size_t a, size_t b) {
  note(__builtin_return_address(0), a * b);
  return __libc_calloc(a, b);
}
void *realloc(void *p, size_t n) {
  note(__builtin_return_address(0), n);
  return __libc_realloc(p, n);
}
void *aligned_alloc(size_t a, size_t n) {
  note(__builtin_return_address(0), n);
  return __libc_memalign(a, n);
}
void *memalign(size_t a, size_t n) {
  note(__builtin_return_address(0), n);
  return __libc_memalign(a, n);
}
int posix_memalign(void **out, size_t a, size_t n) {
  note(__builtin_return_address(0), n);
  *out = __libc_memalign(a, n);
  return *out ? 0 : ENOMEM;
}
void free(void *p) {
  if (counting && p) ++count.freed;
  __libc_free(p);
}
}
#endif

namespace {

class Clip {
 public:
  Clip(int w, int h, double object_w, double object_h) {
    dslt_scene_options o;
    dslt_scene_defaults(&o);
    o.width = w, o.height = h, o.object_width = object_w, o.object_height = object_h;
    EXPECT_EQ(dslt_scene_create(&scene_, &o), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(dslt_canvas_create(&canvas_, w, h), DSLT_OK);
  }
  ~Clip() {
    dslt_canvas_free(&canvas_);
    dslt_scene_free(scene_);
  }
  dslt_image frame(int index, dslt_box *truth) {
    EXPECT_EQ(dslt_scene_render(&canvas_, truth, scene_, index), DSLT_OK);
    return dslt_canvas_image(&canvas_);
  }

 private:
  dslt_scene *scene_ = nullptr;
  dslt_canvas canvas_ = {};
};

// Else the tests below would find nothing because nothing is counted.
TEST(AllocationCounter, SeesWhatThisProgramAllocates) {
#if !DSLT_COUNTS
  GTEST_SKIP() << skip::kSanitizer;
#else
  count_from_zero();
  counting = true;
  void *volatile direct = malloc(5000);
  dslt_canvas canvas = {};
  const int made = dslt_canvas_create(&canvas, 100, 100);  // by a function of libdslt
  dslt_canvas_free(&canvas);
  counting = false;
  free(direct);
  EXPECT_EQ(made, DSLT_OK);
  EXPECT_GE(count.ours, 2);
  EXPECT_GE(count.freed, 1);
  EXPECT_GE(count.largest, 30000u);
#endif
}

class AllocationTest : public testing::TestWithParam<const char *> {};

TEST_P(AllocationTest, NothingOfOursAfterTheSecondFrame) {
#if !DSLT_COUNTS
  GTEST_SKIP() << skip::kSanitizer;
#else
  Options o(GetParam());
  o["scale_gate"] = -1;  // the pyramid runs on every frame
  o["search_width"] = 2;
  o["search_height"] = 2;
  o["init_steps"] = 5;
  dslt_weights *weights = nullptr;
  ASSERT_EQ(dslt_weights_random(&weights, "vgg16/16", 1), DSLT_OK);
  dslt_tracker *tracker = nullptr;
  ASSERT_EQ(dslt_tracker_create(&tracker, o, weights), DSLT_OK) << dslt_last_error();
  Clip clip(480, 360, 64, 80);
  dslt_box truth;
  dslt_image frame = clip.frame(0, &truth);
  ASSERT_EQ(dslt_tracker_init(tracker, &frame, &truth), DSLT_OK) << dslt_last_error();
  count_from_zero();
  for (int i = 1; i < 12; ++i) {
    frame = clip.frame(i, &truth);
    dslt_result r;
    dslt_response response;
    counting = i > 2;
    int updated = dslt_tracker_update(&r, tracker, &frame);
    int responded = dslt_tracker_response(&response, tracker);
    counting = false;
    ASSERT_EQ(updated, DSLT_OK) << dslt_last_error();
    ASSERT_EQ(responded, DSLT_OK) << dslt_last_error();
  }
  EXPECT_EQ(count.ours, 0);
  EXPECT_GE(count.freed, count.others);  // nothing is kept
  EXPECT_LT(count.largest, 1024u);
  RecordProperty("onednn_allocations_per_frame", int(count.others / 9));
  RecordProperty("onednn_largest_bytes", int(count.largest));
  dslt_tracker_free(tracker);
  dslt_weights_free(weights);
#endif
}

// Several targets with every frame announced: nothing more.
TEST(GroupAllocation, NothingOfOursAfterTheSecondFrame) {
#if !DSLT_COUNTS
  GTEST_SKIP() << skip::kSanitizer;
#else
  Options o("dslt");
  ASSERT_EQ(dslt_options_set(o, "backend", "cpu"), DSLT_OK);
  o["search_min_area"] = 10000;
  o["search_max_area"] = 10000;
  o["init_steps"] = 2;
  dslt_weights *weights = nullptr;
  ASSERT_EQ(dslt_weights_random(&weights, "vgg16/16", 1), DSLT_OK);
  dslt_group *group = nullptr;
  ASSERT_EQ(dslt_group_create(&group, o, weights), DSLT_OK) << dslt_last_error();
  Clip clip(240, 180, 32, 40);
  dslt_box truth;
  dslt_image frame = clip.frame(0, &truth);
  const dslt_box boxes[] = {truth, {10, 12, 20, 50}, {150, 90, 60, 12}};
  ASSERT_EQ(dslt_group_init(group, &frame, boxes, 3), DSLT_OK) << dslt_last_error();
  count_from_zero();
  for (int i = 1; i < 10; ++i) {
    frame = clip.frame(i, &truth);
    dslt_result results[3];
    counting = i > 2;
    int announced = dslt_group_prefetch(group, &frame);
    int updated = dslt_group_update(results, group, &frame);
    counting = false;
    ASSERT_EQ(announced, DSLT_OK) << dslt_last_error();
    ASSERT_EQ(updated, DSLT_OK) << dslt_last_error();
  }
  EXPECT_EQ(count.ours, 0);
  dslt_group_free(group);
  dslt_weights_free(weights);
#endif
}

// The siamese tracker with its regression, which learns on every frame.
TEST(SiameseAllocation, NothingOfOursAfterTheSecondFrame) {
#if !DSLT_COUNTS
  GTEST_SKIP() << skip::kSanitizer;
#else
  Options o("default");
  ASSERT_STREQ(dslt_options_tracker(o), "siamese");
  o["backend"] = "cpu";
  o["blend"] = 0.4;
  o["init_steps"] = 3;
  o["update_interval"] = 1;
  dslt_weights *weights = nullptr;
  ASSERT_EQ(dslt_weights_load(&weights, "siamese"), DSLT_OK) << dslt_last_error();
  dslt_tracker *tracker = nullptr;
  ASSERT_EQ(dslt_tracker_create(&tracker, o, weights), DSLT_OK) << dslt_last_error();
  Clip clip(240, 180, 32, 40);
  dslt_box truth;
  dslt_image frame = clip.frame(0, &truth);
  ASSERT_EQ(dslt_tracker_init(tracker, &frame, &truth), DSLT_OK) << dslt_last_error();
  count_from_zero();
  int steps = 0;
  for (int i = 1; i < 9; ++i) {
    frame = clip.frame(i, &truth);
    dslt_result r;
    counting = i > 2;
    int updated = dslt_tracker_update(&r, tracker, &frame);
    counting = false;
    ASSERT_EQ(updated, DSLT_OK) << dslt_last_error();
    steps += r.steps;
  }
  EXPECT_EQ(count.ours, 0);
  EXPECT_GE(count.freed, count.others);
  EXPECT_GT(steps, 0);
  dslt_tracker_free(tracker);
  dslt_weights_free(weights);
#endif
}

INSTANTIATE_TEST_SUITE_P(Presets, AllocationTest, testing::Values("paper", "released"));

TEST(Memory, FullWidthPaperRunAt640x360StaysUnder1500Megabytes) {
#if !DSLT_COUNTS
  GTEST_SKIP() << skip::kSanitizer;
#else
  dslt_weights *weights = nullptr;
  ASSERT_EQ(dslt_weights_random(&weights, "vgg16", 1), DSLT_OK);
  Options o("paper");
  o["scale_gate"] = -1;
  o["init_steps"] = 2;
  dslt_tracker *tracker = nullptr;
  ASSERT_EQ(dslt_tracker_create(&tracker, o, weights), DSLT_OK) << dslt_last_error();
  Clip clip(640, 360, 72, 80);  // the largest search area: no frame scale yet, 648 x 400
  dslt_box truth;
  dslt_image frame = clip.frame(0, &truth);
  ASSERT_EQ(dslt_tracker_init(tracker, &frame, &truth), DSLT_OK) << dslt_last_error();
  for (int i = 1; i < 3; ++i) {
    frame = clip.frame(i, &truth);
    dslt_result r;
    ASSERT_EQ(dslt_tracker_update(&r, tracker, &frame), DSLT_OK) << dslt_last_error();
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  RecordProperty("peak_megabytes", int(usage.ru_maxrss / 1024));
  EXPECT_LT(usage.ru_maxrss / 1024, 1500);
  dslt_tracker_free(tracker);
  dslt_weights_free(weights);
#endif
}

}  // namespace
