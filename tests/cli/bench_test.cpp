/* SPDX-License-Identifier: Apache-2.0 */
// dslt bench: its inputs, and runs of the program with every output.
#include <jansson.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "bench/input.h"
#include "program.h"

namespace {

// ---- inputs ------------------------------------------------------------------------------------------

class BenchInput : public ClipTest {
 protected:
  // The clip as a sequence laid out like OTB's.
  std::string sequence(const std::string &name) {
    std::filesystem::create_directories(path("set/" + name));
    std::filesystem::copy(images(), path("set/" + name + "/img"));
    std::filesystem::copy(truth(), path("set/" + name + "/groundtruth_rect.txt"));
    return path("set/" + name);
  }
};

TEST_F(BenchInput, FindsSequencesByTheirRootOrOneByItself) {
  const std::string one = sequence("One");
  sequence("Two");
  dslt_bench_items items = {};
  ASSERT_EQ(dslt_bench_items_add(&items, path("set").c_str(), nullptr, nullptr), DSLT_OK)
      << dslt_last_error();
  ASSERT_EQ(items.count, 2);
  EXPECT_STREQ(items.list[1].name, "Two");
  ASSERT_EQ(dslt_bench_items_add(&items, (one + "/").c_str(), nullptr, nullptr), DSLT_OK)
      << dslt_last_error();
  ASSERT_EQ(items.count, 3);
  EXPECT_STREQ(items.list[2].name, "One");
  EXPECT_EQ(dslt_bench_item_frames(&items.list[2], 0), kFrames);
  EXPECT_EQ(dslt_bench_item_frames(&items.list[2], 3), 3);
  dslt_box_list known = {};
  ASSERT_EQ(dslt_box_list_read_otb(&known, truth().c_str()), DSLT_OK);
  EXPECT_DOUBLE_EQ(items.list[2].box.x, known.boxes[0].x);
  dslt_box_list_free(&known);
  dslt_bench_items_free(&items);
}

TEST_F(BenchInput, FramesInMemoryAreTheFilesFrames) {
  dslt_bench_items items = {};
  ASSERT_EQ(dslt_bench_items_add(&items, images().c_str(), "10,10,20,20", nullptr), DSLT_OK)
      << dslt_last_error();
  dslt_bench_feed *feed = nullptr, *other = nullptr;
  ASSERT_EQ(dslt_bench_feed_open(&feed, &items.list[0], 5), DSLT_OK);
  dslt_bench_stretch stretch = {};
  ASSERT_EQ(dslt_bench_stretch_fill(&stretch, feed, 1.0), DSLT_OK);
  ASSERT_EQ(stretch.count, 5);
  ASSERT_EQ(dslt_bench_feed_open(&other, &items.list[0], 0), DSLT_OK);
  for (int i = 0; i < 5; i++) {
    dslt_image want, got = dslt_bench_stretch_frame(&stretch, i);
    ASSERT_EQ(dslt_bench_feed_next(&want, other), 1);
    ASSERT_EQ(got.width, want.width);
    for (int y = 0; y < got.height; y++)
      ASSERT_EQ(memcmp(static_cast<const char *>(got.data) + got.stride * static_cast<size_t>(y),
                       static_cast<const char *>(want.data) + want.stride * static_cast<size_t>(y),
                       static_cast<size_t>(got.width) * 3),
                0);
  }
  dslt_bench_feed_close(other);
  dslt_bench_feed_close(feed);
  ASSERT_EQ(dslt_bench_feed_open(&feed, &items.list[0], 2), DSLT_OK);
  ASSERT_EQ(dslt_bench_stretch_fill(&stretch, feed, 2.0), DSLT_OK);
  ASSERT_EQ(stretch.count, 2);
  EXPECT_EQ(dslt_bench_stretch_frame(&stretch, 0).width, 240);
  EXPECT_EQ(dslt_bench_stretch_frame(&stretch, 0).height, 192);
  ASSERT_EQ(dslt_bench_stretch_fill(&stretch, feed, 2.0), DSLT_OK);
  EXPECT_EQ(stretch.count, 0);  // the end
  dslt_bench_feed_close(feed);
  dslt_bench_stretch_free(&stretch);
  dslt_bench_items_free(&items);
}

// ---- the program -------------------------------------------------------------------------------------

struct JsonFree {
  void operator()(json_t *value) const { json_decref(value); }
};
using Json = std::unique_ptr<json_t, JsonFree>;

class BenchProgram : public BenchInput {
 protected:
  std::vector<std::string> bench(const std::vector<std::string> &more) {
    std::vector<std::string> arguments = {
        "bench", images(),    "--box", "40,30,20,24", "--weights",    weights(), "--quiet",  "--backend",
        "cpu",   "--threads", "1",     "--set",       "init_steps=2", "--set",   "memory=2", "--no-ceiling"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  static Json parse(const std::string &text) {
    json_error_t error;
    Json root(json_loads(text.c_str(), 0, &error));
    EXPECT_NE(root, nullptr) << error.text << "\n" << text;
    return root;
  }
  static json_t *at(json_t *value, const std::string &keys) {
    std::istringstream stream(keys);
    for (std::string key; value && std::getline(stream, key, '.');)
      value =
          json_is_array(value) ? json_array_get(value, std::stoul(key)) : json_object_get(value, key.c_str());
    return value;
  }
  static double number(const Json &root, const std::string &keys) {
    json_t *value = at(root.get(), keys);
    EXPECT_TRUE(json_is_number(value)) << keys;
    return json_number_value(value);
  }
};

TEST_F(BenchProgram, JsonHoldsTheFourRatesAndTheCommand) {
  Outcome outcome = run(bench({"--output", "json", "--repeat", "3", "--compare-paper"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  Json root = parse(outcome.out);
  EXPECT_EQ(number(root, "targets.0.frames"), kFrames - 1);
  EXPECT_EQ(number(root, "repeat"), 3);
  for (const char *key : {"fps", "fps_with_init", "fps_with_decode", "fps_with_all", "ms_p95", "init_ms"}) {
    const std::string at = std::string("figures.") + key;
    const double low = number(root, at + ".low"), middle = number(root, at + ".median");
    EXPECT_GT(low, 0) << key;
    EXPECT_LE(low, middle) << key;
    EXPECT_LE(middle, number(root, at + ".high")) << key;
  }
  EXPECT_LE(number(root, "figures.ms_p50.median"), number(root, "figures.ms_max.median"));
  EXPECT_EQ(number(root, "figures.init_steps.median"), 2);
  EXPECT_GT(number(root, "figures.memory_peak_mib.median"), number(root, "figures.memory_first_mib.median"));
  EXPECT_STREQ(json_string_value(at(root.get(), "command.0")), "dslt");
  EXPECT_STREQ(json_string_value(at(root.get(), "command.1")), "bench");
  EXPECT_NEAR(number(root, "paper.paper_fps"), 5.7, 1e-9);
  EXPECT_NEAR(number(root, "paper.fps_with_init.ratio"), number(root, "figures.fps_with_init.median") / 5.7,
              1e-3);
  EXPECT_TRUE(contains(json_string_value(at(root.get(), "paper.fps_with_all.includes")), "decoding"));
  EXPECT_TRUE(json_is_null(at(root.get(), "ceiling.gflop_per_s_f32")));
}

TEST_F(BenchProgram, StagesCarryTheWorkThatWasCounted) {
  Outcome outcome = run(bench({"--output", "json", "--no-decoding"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  Json root = parse(outcome.out);
  EXPECT_TRUE(json_is_null(at(root.get(), "figures.fps_with_decode.median")));
  double share = 0;
  for (int i = 0; i < DSLT_STAGE_COUNT; i++) share += number(root, "stages." + std::to_string(i) + ".share");
  EXPECT_NEAR(share, 1, 1e-4);
  EXPECT_STREQ(json_string_value(at(root.get(), "stages.1.name")), "backbone");
  const double gflop = number(root, "stages.1.gflop"), ms = number(root, "stages.1.ms.median");
  EXPECT_GT(gflop, 0.1);  // three crops of 224 x 224 through vgg16/16
  EXPECT_NEAR(number(root, "stages.1.gflop_per_s"), gflop / (1e-3 * ms), 1e-3 * gflop / (1e-3 * ms));
  EXPECT_GT(number(root, "stages.5.gflop"), 0);
}

TEST_F(BenchProgram, TheCeilingIsMeasuredInTheSameRun) {
  std::vector<std::string> arguments = bench({"--output", "json", "--no-decoding", "--frames", "3"});
  arguments.erase(std::find(arguments.begin(), arguments.end(), "--no-ceiling"));
  Outcome outcome = run(arguments);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  Json root = parse(outcome.out);
  EXPECT_GT(number(root, "ceiling.gflop_per_s_f32"), 0.01);
  EXPECT_GT(number(root, "ceiling.gb_per_s"), 0.01);
  EXPECT_GT(number(root, "stages.1.floor_ms"), 0);
#if DSLT_ONEDNN
  EXPECT_EQ(number(root, "backbone.0.batch"), 3);
  EXPECT_EQ(json_array_size(at(root.get(), "backbone.0.layers")), 13u);
  double sum = 0;
  for (int i = 0; i < 13; i++) {
    const double ms = number(root, "backbone.0.layers." + std::to_string(i) + ".best_ms");
    EXPECT_GT(ms, 0) << i;
    sum += ms;
  }
  EXPECT_NEAR(number(root, "backbone.0.best_ms"), sum, 1e-3 * sum);
#endif
}

TEST_F(BenchProgram, ConsoleAndCsvTellTheSame) {
  Outcome console = run(bench({"--compare-paper", "--frames", "4"}));
  ASSERT_EQ(console.code, 0) << console.err;
  for (const char *part : {"frames per second", "latency that 95 % keep", "backbone", "energy: ", "5.7",
                           "left out by --no-ceiling", "3 frames behind the first"})
    EXPECT_TRUE(contains(console.out, part)) << part << "\n" << console.out;
  Outcome csv = run(bench({"--output", "csv", "--frames", "4", "-o", path("b.csv")}));
  ASSERT_EQ(csv.code, 0) << csv.err;
  EXPECT_EQ(csv.out, "");
  const std::string text = slurp(path("b.csv"));
  EXPECT_EQ(text.substr(0, text.find('\n')), "figure,unit,median,low,high");
  for (const char *part : {"\nfps,1/s,", "\nms_p99,ms,", "\nstage_update_ms,ms,", "\nceiling_f32,GFLOP/s,,,"})
    EXPECT_TRUE(contains(text, part)) << part;
}

TEST_F(BenchProgram, SeveralSequencesGetALineEach) {
  sequence("One");
  sequence("Two");
  std::vector<std::string> arguments = bench({"--frames", "3", "--no-decoding"});
  arguments[1] = path("set");
  arguments.erase(arguments.begin() + 2, arguments.begin() + 4);
  Outcome outcome = run(arguments);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "\n  One ")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "\n  Two "));
  EXPECT_TRUE(contains(outcome.out, "slowest target"));
}

// ---- sweeps ------------------------------------------------------------------------------------------

TEST_F(BenchProgram, FurtherTargetsShareTheFramesAndSayTheirMemory) {
  Outcome outcome =
      run(bench({"--sweep", "targets", "--values", "1,3", "--frames", "4", "--output", "json"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  Json root = parse(outcome.out);
  ASSERT_EQ(json_array_size(at(root.get(), "points")), 2u);
  EXPECT_STREQ(json_string_value(at(root.get(), "sweep")), "targets");
  EXPECT_EQ(number(root, "points.1.value"), 3);
  EXPECT_TRUE(json_is_null(at(root.get(), "points.0.figures.memory_further_mib.median")));
  EXPECT_TRUE(json_is_number(at(root.get(), "points.1.figures.memory_further_mib.median")));
  EXPECT_TRUE(json_is_null(at(root.get(), "points.0.ms_further")));
  EXPECT_NEAR(
      number(root, "points.1.ms_further"),
      (number(root, "points.1.figures.ms_mean.median") - number(root, "points.0.figures.ms_mean.median")) / 2,
      1e-3); /* figures are rounded when they are written */
}

TEST_F(BenchProgram, SweepsChangeWhatTheySay) {
  Outcome size = run(bench({"--sweep", "size", "--values", "0.5,2", "--frames", "3", "--output", "json"}));
  ASSERT_EQ(size.code, 0) << size.err;
  Json root = parse(size.out);
  EXPECT_EQ(number(root, "points.0.width"), 60);
  EXPECT_EQ(number(root, "points.1.height"), 192);
  Outcome memory = run(bench({"--sweep", "memory", "--values", "1,3", "--frames", "5", "--output", "csv"}));
  ASSERT_EQ(memory.code, 0) << memory.err;
  EXPECT_EQ(count_lines(memory.out), 3);
  EXPECT_EQ(memory.out.substr(0, 13), "memory,width,");
  Outcome levels = run(bench({"--sweep", "levels", "--values", "1,3", "--frames", "3"}));
  ASSERT_EQ(levels.code, 0) << levels.err;
  EXPECT_TRUE(contains(levels.out, "levels"));
}

TEST_F(BenchProgram, APlotIsDrawnWhereMatplotlibIs) {
  if (system("/usr/bin/python3 -c 'import matplotlib' 2>/dev/null") != 0) GTEST_SKIP() << skip::kMatplotlib;
  if (!std::filesystem::exists(std::filesystem::path(DSLT_TEST_PROGRAM).parent_path() / "share/dslt/bench"))
    GTEST_SKIP() << skip::kShareFolder;
  Outcome outcome =
      run(bench({"--sweep", "levels", "--values", "1,3", "--frames", "3", "--plot", path("p.svg")}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::string svg = slurp(path("p.svg"));
  EXPECT_TRUE(contains(svg, "<svg")) << svg.substr(0, 200);
  EXPECT_TRUE(contains(svg, "</svg>"));
}

TEST_F(BenchProgram, AnInterpreterWithoutMatplotlibIsNamed) {
  setenv("DSLT_PYTHON", "/bin/false-python", 1);
  Outcome outcome =
      run(bench({"--sweep", "levels", "--values", "1", "--frames", "2", "--plot", path("p.png")}));
  unsetenv("DSLT_PYTHON");
  EXPECT_EQ(outcome.code, 5);
  EXPECT_TRUE(contains(outcome.err, "DSLT_PYTHON")) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(path("p.png")));
}

// ---- wrong command lines -----------------------------------------------------------------------------

TEST_F(BenchProgram, WrongUseIsSaidInASentence) {
  const struct {
    std::vector<std::string> arguments;
    int code;
    const char *says;
  } cases[] = {
      {{"bench"}, 2, "input is missing"},
      {{"bench", images()}, 2, "folder of pictures"},
      {{"bench", truth()}, 2, "--box"},
      {{"bench", path("absent")}, 3, "absent"},
      {{"bench", "scene:1", "--box", "1,2,3,4"}, 2, "leave --box out"},
      {{"bench", "scene:1", "--values", "1"}, 2, "--sweep"},
      {{"bench", "scene:1", "--sweep", "speed"}, 2, "targets, memory, levels or size"},
      {{"bench", "scene:1", "--sweep", "levels", "--values", "2"}, 2, "odd"},
      {{"bench", "scene:1", "--sweep", "targets", "--values", "2,1"}, 2, "rise"},
      {{"bench", "scene:1", "--plot", "x.png"}, 2, "--sweep"},
      {{"bench", "scene:1", "--sweep", "size", "--plot", "x.gif"}, 2, ".png"},
      {{"bench", "scene:1", "--output", "xml"}, 2, "console, csv or json"},
      {{"bench", "scene:1", "--weights", path("none")}, 4, "none"},
  };
  for (const auto &c : cases) {
    Outcome outcome = run(c.arguments);
    EXPECT_EQ(outcome.code, c.code) << c.says << ": " << outcome.err;
    EXPECT_TRUE(contains(outcome.err, c.says)) << outcome.err;
  }
}

TEST_F(BenchProgram, HelpTeaches) {
  Outcome outcome = run({"bench", "--help"});
  EXPECT_EQ(outcome.code, 0);
  for (const char *part : {"Examples:", "--sweep", "--roofline", "--compare-paper", "Exit codes:", "idle"})
    EXPECT_TRUE(contains(outcome.out, part)) << part;
}

}  // namespace
