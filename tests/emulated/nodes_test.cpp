/* SPDX-License-Identifier: Apache-2.0 */
// How many nodes the graph of a frame has with cuDNN, for each preset: each costs a GPU a microsecond or more, which
// for small maps is most of the frame. A number that grows fails; one that falls is to be written down here.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "../api/small_world.h"
#include "../trackers/preset_weights.h"
#include "dnn.h"
#include "runtime.h"

namespace {

struct Budget {
  const char *preset;
  long nodes;
};

void PrintTo(const Budget &b, std::ostream *out) { *out << b.preset; }

class GraphNodes : public ::testing::TestWithParam<Budget> {
 protected:
  void SetUp() override {
    setenv("DSLT_CUDA_STRICT", "1", 1);
    unsetenv("DSLT_CUDA_GRAPHS");
    emulated::allow(true, true);
    cudnn::use(cudnn::Library::emulated);
    cudnn::set_engines({cudnn::Engine()});
  }
  void TearDown() override { cudnn::use(cudnn::Library::none); }
};

Options options_of(const char *preset) {
  Options o(preset);
  o["backend"] = "cuda";
  o["precision"] = "f32";
  const std::string tracker = dslt_options_tracker(o);
  if (tracker == "dslt" || tracker == "siamese") o["reduce_channels"] = 8, o["init_steps"] = 2;
  if (tracker == "dslt") o["search_min_area"] = 1000, o["search_max_area"] = 2000;
  if (tracker == "dslt") o["feature_scale"] = 0.01, o["init_stop_loss"] = 0;
  if (tracker == "crt") {
    o["kernel_cells"] = 16, o["patch_width"] = 3, o["patch_height"] = 3;
    o["pca_channels"] = 6, o["init_steps"] = 3, o["init_rate"] = 1e-4, o["online_rate"] = 1e-5;
  }
  return o;
}

TEST_P(GraphNodes, AreWithinTheBudget) {
  const Clip clip = make_clip(4);
  dslt_tracker *made = nullptr;
  ASSERT_EQ(dslt_tracker_create(&made, options_of(GetParam().preset), preset_weights::of(GetParam().preset)),
            DSLT_OK)
      << dslt_last_error();
  const Tracker tracker(made);
  dslt_image frame = clip.frame(0);
  ASSERT_EQ(dslt_tracker_init(made, &frame, &clip.box), DSLT_OK) << dslt_last_error();
  emulated::Counts counts;
  emulated::idle(true);
  for (size_t i = 1; i < clip.pixels.size(); ++i) {  // directly, recorded, replayed
    dslt_result result = {};
    frame = clip.frame(i);
    emulated::take_counts();
    ASSERT_EQ(dslt_tracker_update(&result, made, &frame), DSLT_OK) << dslt_last_error();
    counts = emulated::take_counts();
  }
  emulated::idle(false);
  if (std::getenv("DSLT_TEST_SHOW"))
    for (const std::string &name : emulated::node_names())
      std::printf("%s: %s\n", GetParam().preset, name.c_str());
  EXPECT_EQ(counts.graphs, 1);
  EXPECT_LE(counts.nodes, GetParam().nodes);
  EXPECT_GE(counts.nodes, GetParam().nodes) << "fewer than before: write the new number here";
}

INSTANTIATE_TEST_SUITE_P(Presets, GraphNodes,
                         ::testing::Values(Budget{"default", 116}, Budget{"dslt", 76}, Budget{"paper", 168},
                                           Budget{"released", 278}, Budget{"crt-hog", 66},
                                           Budget{"crt-conv2", 69}, Budget{"crt-conv4", 73},
                                           Budget{"crt-conv7", 76}, Budget{"crt-conv10", 79},
                                           Budget{"crt-conv13", 82}, Budget{"crt-released", 108},
                                           Budget{"cfnet", 36}, Budget{"adacfnet", 56}),
                         [](const auto &one) {
                           std::string name = one.param.preset;
                           for (char &c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
