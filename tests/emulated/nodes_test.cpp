/* SPDX-License-Identifier: Apache-2.0 */
// How many nodes the graph of a frame has with cuDNN, for each preset and stage: each costs a GPU a microsecond or more,
// which for small maps is most of the frame. A number that grows fails; one that falls is to be written down in
// host/bench/graph_nodes.c, from which dslt bench --roofline reads it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "../api/small_world.h"
#include "../trackers/preset_weights.h"
#include "backend/backend.h"
#include "bench/graph_nodes.h"
#include "bench/summary.h"
#include "dnn.h"
#include "runtime.h"

// In place of the backend's own, which it calls.
extern "C" {
int __real_dslt_cuda_graph_mark(dslt_frame_graph *graph, int stage);
int __wrap_dslt_cuda_graph_mark(dslt_frame_graph *graph, int stage);
int __wrap_dslt_cuda_graph_mark(dslt_frame_graph *graph, int stage) {
  emulated::stage_ended(stage);
  return __real_dslt_cuda_graph_mark(graph, stage);
}
}

namespace {

using Parts = std::array<int, DSLT_NODES_PARTS>;

const char *words_of(int part) { return part == DSLT_NODES_OTHER ? "other" : dslt_stage_words[part]; }

struct Count {
  Parts all{}, spared{};
};

Count count(const std::vector<emulated::Node> &nodes) {
  Count out;
  int bodies = 0;
  for (const emulated::Node &node : nodes) bodies = std::max(bodies, node.body);
  for (const emulated::Node &node : nodes) {
    const int part = node.stage < 0 ? int(DSLT_NODES_OTHER) : node.stage;
    ++out.all[size_t(part)];
    // of three blocks, pyramid, features extracted again and update, the second does not run
    if (bodies == 3 && node.body == 2) ++out.spared[size_t(part)];
  }
  return out;
}

class GraphNodes : public ::testing::TestWithParam<const dslt_graph_nodes *> {
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
  if (tracker == "trackloss")  // what a frame draws, stores and learns from is the preset's
    o["head_channels"] = 8, o["init_positives"] = 12, o["init_negatives"] = 20, o["init_steps"] = 2;
  return o;
}

TEST_P(GraphNodes, AreThoseOfTheTable) {
  const dslt_graph_nodes *table = GetParam();
  const Clip clip = make_clip(4);
  dslt_tracker *made = nullptr;
  ASSERT_EQ(dslt_tracker_create(&made, options_of(table->preset), preset_weights::of(table->preset)), DSLT_OK)
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
  const std::vector<emulated::Node> nodes = emulated::nodes();
  const Count counted = count(nodes);
  if (std::getenv("DSLT_TEST_SHOW")) {
    for (const emulated::Node &node : nodes)
      std::printf("%s: %d %s\n", table->preset, node.body, node.name.c_str());
    std::printf("{\"%s\", {", table->preset);
    for (int n : counted.all) std::printf("%d, ", n);
    std::printf("}, {");
    for (int n : counted.spared) std::printf("%d, ", n);
    std::printf("}},\n");
  }
  EXPECT_EQ(counts.graphs, 1);
  EXPECT_EQ(counts.nodes, long(nodes.size()));
  long sum = 0;
  for (int i = 0; i < DSLT_NODES_PARTS; ++i) {
    EXPECT_EQ(counted.all[size_t(i)], table->all[i])
        << words_of(i) << ": fewer belong into host/bench/graph_nodes.c";
    EXPECT_EQ(counted.spared[size_t(i)], table->spared[i]) << words_of(i);
    sum += counted.all[size_t(i)];
  }
  EXPECT_EQ(sum, counts.nodes) << "a node belongs to one stage";
}

// The table's rows.
std::vector<const dslt_graph_nodes *> every_preset() {
  std::vector<const dslt_graph_nodes *> out;
  for (int i = 0; dslt_graph_nodes_at(i); ++i) out.push_back(dslt_graph_nodes_at(i));
  return out;
}

INSTANTIATE_TEST_SUITE_P(Presets, GraphNodes, ::testing::ValuesIn(every_preset()), [](const auto &one) {
  std::string name = one.param->preset;
  for (char &c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
