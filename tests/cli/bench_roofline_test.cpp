/* SPDX-License-Identifier: Apache-2.0 */
// dslt bench --roofline: the table of GPUs, floors by hand, the program's answers.
#include <jansson.h>

#include <cmath>
#include <memory>
#include <set>

#include "bench/roofline.h"
#include "program.h"

namespace {

TEST(Gpus, AreFoundHoweverTheirNamesAreSpelt) {
  for (const char *name : {"RTX 4090", "rtx4090", "RTX-4090", "rtx_4090"}) {
    const dslt_gpu *gpu = dslt_gpu_find(name);
    ASSERT_NE(gpu, nullptr) << name;
    EXPECT_STREQ(gpu->name, "RTX 4090");
  }
  for (const char *name : {"", "RTX 409", "RTX 40901", "4090"})
    EXPECT_EQ(dslt_gpu_find(name), nullptr) << name;
  EXPECT_EQ(dslt_gpu_at(-1), nullptr);
}

TEST(Gpus, HaveRatesThatAGpuCanHave) {
  std::set<std::string> names;
  for (int i = 0; dslt_gpu_at(i); ++i) {
    const dslt_gpu *gpu = dslt_gpu_at(i);
    EXPECT_TRUE(names.insert(gpu->name).second) << gpu->name;
    EXPECT_TRUE(gpu->f32 > 1e12 && gpu->bandwidth > 1e11 && *gpu->source) << gpu->name;
    EXPECT_TRUE(gpu->bf16 == 0 || gpu->bf16 >= gpu->tf32) << gpu->name;
    EXPECT_TRUE(gpu->tf32 == 0 || gpu->tf32 >= gpu->f32) << gpu->name;
  }
  EXPECT_GE(names.size(), 7u);
  char text[12];
  EXPECT_EQ(std::string(dslt_gpu_names(text, sizeof text)), "H200, H100,");  // cut to the room
}

TEST(Roofline, TakesTheLongestOfArithmeticMemoryAndNodes) {
  const dslt_gpu gpu = {"toy", 4e12, 2e12, 1e12, 1e11, "made up"};
  dslt_work work[DSLT_STAGE_COUNT] = {};
  work[DSLT_STAGE_CROP] = {1e6, 2e6};      // 20 us of memory
  work[DSLT_STAGE_BACKBONE] = {4e8, 1e6};  // 100 us of bfloat16
  work[DSLT_STAGE_HEAD] = {1e8, 1e6};      // 50 us of TF32
  dslt_graph_nodes nodes = {"toy", {3, 30, 9, 7, 0, 0, 5}, {1, 10, 0, 0, 0, 0, 0}};
  dslt_roofline r;
  ASSERT_EQ(dslt_roofline_make(&r, &gpu, DSLT_PRECISION_BF16, work, &nodes), DSLT_OK);
  const double floors[] = {20, 100, 50, 7, 0, 0, 5};
  const dslt_roofline_bound bounds[] = {DSLT_BOUND_MEMORY, DSLT_BOUND_ARITHMETIC, DSLT_BOUND_ARITHMETIC,
                                        DSLT_BOUND_NODES,  DSLT_BOUND_NONE,       DSLT_BOUND_NONE,
                                        DSLT_BOUND_NODES};
  for (int i = 0; i < DSLT_NODES_PARTS; ++i) {
    EXPECT_NEAR(1e6 * r.part[i].floor_s, floors[i], 1e-9) << i;
    EXPECT_EQ(r.part[i].bound, bounds[i]) << i;
  }
  EXPECT_NEAR(1e6 * r.floor_s, 182, 1e-9);
  EXPECT_EQ(r.nodes, 54);
  EXPECT_EQ(r.part[DSLT_STAGE_BACKBONE].nodes, 20) << "without those that are spared";

  ASSERT_EQ(dslt_roofline_make(&r, &gpu, DSLT_PRECISION_F32, work, nullptr), DSLT_OK);
  EXPECT_NEAR(1e6 * r.floor_s, 20 + 400 + 100, 1e-9);
  EXPECT_EQ(r.nodes, -1);
  EXPECT_EQ(r.part[DSLT_NODES_OTHER].nodes, -1);

  const dslt_gpu old = {"old", 0, 0, 1e12, 1e11, "made up"};
  EXPECT_EQ(dslt_gpu_precision(&old, DSLT_PRECISION_AUTO), DSLT_PRECISION_F32);
  EXPECT_EQ(dslt_gpu_precision(&gpu, DSLT_PRECISION_AUTO), DSLT_PRECISION_BF16);
  EXPECT_EQ(dslt_roofline_make(&r, &old, DSLT_PRECISION_BF16, work, &nodes), DSLT_EUNSUPPORTED);
  EXPECT_TRUE(contains(dslt_last_error(), "old has no bf16")) << dslt_last_error();
}

struct Free {
  void operator()(json_t *json) const { json_decref(json); }
};
using Json = std::unique_ptr<json_t, Free>;

class RooflineProgram : public ClipTest {
 protected:
  Json json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "bench");
    for (const char *more : {"--output", "json", "--threads", "1"}) arguments.push_back(more);
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    json_error_t error;
    return Json(json_loads(outcome.out.c_str(), 0, &error));
  }
};

double number(const json_t *object, const char *key) {
  return json_number_value(json_object_get(object, key));
}

TEST_F(RooflineProgram, CountsAFrameForANamedGpu) {
  const Json root = json({"--roofline", "h200", "scene:1:160x120"});
  ASSERT_TRUE(root);
  EXPECT_EQ(number(root.get(), "width"), 160);
  const json_t *all = json_object_get(root.get(), "roofline"), *gpu = json_array_get(all, 0);
  ASSERT_EQ(json_array_size(all), 1u);
  EXPECT_STREQ(json_string_value(json_object_get(gpu, "gpu")), "H200");
  const json_t *stages = json_object_get(gpu, "stages");
  ASSERT_EQ(json_array_size(stages), size_t(DSLT_NODES_PARTS));
  double floor = 0, nodes = 0;
  for (size_t i = 0; i < json_array_size(stages); ++i) {
    floor += number(json_array_get(stages, i), "floor_us");
    nodes += number(json_array_get(stages, i), "nodes");
  }
  EXPECT_NEAR(number(gpu, "floor_us"), floor, 1e-3);
  EXPECT_NEAR(number(gpu, "fps_most"), 1e6 / floor, 1e-2 * 1e6 / floor);
  EXPECT_EQ(number(gpu, "nodes"), nodes);
  EXPECT_GT(number(json_array_get(stages, DSLT_STAGE_UPDATE), "gflop"), 0);
}

TEST_F(RooflineProgram, KnowsNoNodesOfChangedOptions) {
  const Json root = json({"--roofline", "A100", "scene:1:160x120", "--set", "memory=3"});
  ASSERT_TRUE(root);
  EXPECT_TRUE(
      json_is_null(json_object_get(json_array_get(json_object_get(root.get(), "roofline"), 0), "nodes")));
}

TEST_F(RooflineProgram, AnswersForAllGpusOrSaysWhatItTakes) {
  Outcome outcome = run({"bench", "--roofline", "cuda", "--threads", "1", "-o", path("all.txt")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  const std::string text = slurp(path("all.txt"));
  for (int i = 0; dslt_gpu_at(i); ++i)
    EXPECT_TRUE(contains(text, std::string("\n") + dslt_gpu_at(i)->name + ", ")) << text;
  outcome = run({"bench", "--roofline", "T4", "--output", "csv", "--threads", "1"});
  EXPECT_TRUE(contains(outcome.out, "T4,f32,backbone,")) << outcome.out;

  const struct {
    std::vector<std::string> arguments;
    int code;
    std::string says;
  } cases[] = {
      {{"--roofline", "GTX 480"}, 2, "one of: H200, H100,"},
      {{"--roofline", "T4", "--precision", "bf16"}, 5, "T4 has no bf16"},
      {{"--roofline", "T4", "--sweep", "memory"}, 2, "leave out --sweep"},
      {{"--roofline", "T4", "--backbone"}, 2, "leave out --backbone"},
      {{"--roofline", "T4", "--compare-paper"}, 2, "leave out --compare-paper"},
      {{"--roofline", "T4", "scene:1", "scene:2"}, 2, "one input, not 2"},
      {{"--roofline", "T4", path("none")}, 3, "none"},
      {{"--roofline", "T4", "--weights", path("none")}, 4, "none"},
      {{"--roofline", "T4", "-o", path("no/such/place")}, 1, "no/such"},
  };
  for (const auto &c : cases) {
    std::vector<std::string> arguments = c.arguments;
    arguments.insert(arguments.begin(), "bench");
    outcome = run(arguments);
    EXPECT_EQ(outcome.code, c.code) << c.says << ": " << outcome.err;
    EXPECT_TRUE(contains(outcome.err, c.says)) << outcome.err;
  }
}

}  // namespace
