/* SPDX-License-Identifier: Apache-2.0 */
// A session on a rendered clip: boxes are those of the library, requests do what they say, errors change nothing.
#include "live/run.h"

#include <string>
#include <vector>

#include "media/scene.h"
#include "served.h"

namespace {

class LiveRun : public LiveTest {
 protected:
  static std::string box_message(const dslt_box &b, const std::string &more = "") {
    return "{\"do\":\"box\",\"box\":[" + std::to_string(b.x) + "," + std::to_string(b.y) + "," +
           std::to_string(b.width) + "," + std::to_string(b.height) + "]" + more + "}";
  }
  static std::vector<std::string> lines(const std::string &text) {
    std::vector<std::string> out;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) out.push_back(line);
    return out;
  }
  // The object of the clip in its first frame.
  static dslt_box truth() {
    dslt_scene_options options;
    dslt_scene *scene = nullptr;
    dslt_canvas canvas = {};
    dslt_box box = {};
    EXPECT_EQ(dslt_scene_parse(&options, "scene:1:128x96"), DSLT_OK);
    EXPECT_EQ(dslt_scene_create(&scene, &options), DSLT_OK);
    EXPECT_EQ(dslt_scene_render(&canvas, &box, scene, 0), DSLT_OK);
    dslt_canvas_free(&canvas);
    dslt_scene_free(scene);
    return box;
  }
  static const dslt_box kBox;
};

const dslt_box LiveRun::kBox = {70, 40, 20, 24};

TEST_F(LiveRun, AFileWaitsForABoxAndThenGivesTheLibrarysBoxes) {
  dslt_live_setup setup = clip();
  setup.source.limit = 6;
  serve(setup);
  ASSERT_FALSE(HasFatalFailure());
  const dslt_box first = truth();
  Frame f = frame();
  EXPECT_TRUE(f.truth("paused"));
  EXPECT_EQ(f.integer("frame"), 0);
  EXPECT_EQ(f.integer("width"), 128);
  EXPECT_FALSE(f.picture.empty());
  ASSERT_EQ(command(box_message(first)), "");
  f = frame();
  ASSERT_EQ(f.targets(), 1u);
  EXPECT_EQ(f.number(0), 1);
  ASSERT_EQ(command(R"({"do":"play"})"), "");
  f = wait_for([](const Frame &at) { return at.truth("ended"); });
  EXPECT_EQ(f.integer("frame"), 5);
  const std::vector<std::string> rows = lines(get(port_, "/boxes.csv").body);
  ASSERT_EQ(rows.size(), 7u);

  dslt_source *source = nullptr;
  dslt_tracker *tracker = nullptr;
  dslt_image image;
  ASSERT_EQ(dslt_source_open(&source, "scene:1:128x96", nullptr), DSLT_OK);
  ASSERT_EQ(dslt_tracker_create(&tracker, options_, weights_), DSLT_OK);
  const dslt_box sent = {std::stod(std::to_string(first.x)), std::stod(std::to_string(first.y)),
                         std::stod(std::to_string(first.width)), std::stod(std::to_string(first.height))};
  for (int i = 0; i < 6; i++) {
    dslt_result result = {};
    result.box = sent;
    result.peak = 1;
    ASSERT_EQ(dslt_source_next(&image, nullptr, nullptr, source), 1);
    if (i == 0)
      ASSERT_EQ(dslt_tracker_init(tracker, &image, &sent), DSLT_OK);
    else
      ASSERT_EQ(dslt_tracker_update(&result, tracker, &image), DSLT_OK);
    char expected[160];
    snprintf(expected, sizeof expected, "%d,1,%.4f,%.4f,%.4f,%.4f,%.6f,%d,%.6f", i, result.box.x,
             result.box.y, result.box.width, result.box.height, result.peak, result.lost, i / 30.0);
    EXPECT_EQ(rows[static_cast<size_t>(i) + 1], expected);
  }
  dslt_tracker_free(tracker);
  dslt_source_close(source);
}

TEST_F(LiveRun, TargetsComeAndGoAndAreDrawnAnew) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(command(box_message(kBox)), "");
  ASSERT_EQ(command(box_message({10, 10, 20, 20})), "");
  ASSERT_EQ(command(R"({"do":"step"})"), "");
  Frame f = wait_for([](const Frame &at) { return at.integer("frame") == 1; });
  ASSERT_EQ(f.targets(), 2u);
  size_t cells = 0;
  for (size_t i = 0; i < 2; i++) {
    const json_t *map = json_object_get(f.target(i), "map");
    ASSERT_TRUE(json_is_object(map));
    EXPECT_EQ(static_cast<size_t>(json_integer_value(json_object_get(map, "at"))), cells);
    cells += static_cast<size_t>(json_integer_value(json_object_get(map, "width")) *
                                 json_integer_value(json_object_get(map, "height")));
  }
  EXPECT_EQ(f.maps.size(), cells);
  ASSERT_EQ(command(box_message({30, 30, 25, 25}, ",\"target\":1")), "");
  f = frame();
  ASSERT_EQ(f.targets(), 2u);
  const size_t one = f.number(0) == 1 ? 0 : 1;
  EXPECT_EQ(json_number_value(json_array_get(json_object_get(f.target(one), "box"), 0)), 30);
  ASSERT_EQ(command(R"({"do":"remove","target":1})"), "");
  EXPECT_EQ(frame().targets(), 1u);
  EXPECT_EQ(frame().number(0), 2);
  ASSERT_EQ(command(box_message(kBox)), "");
  EXPECT_EQ(frame().number(1), 3) << "numbers are not used again";
  ASSERT_EQ(command(R"({"do":"clear"})"), "");
  EXPECT_EQ(frame().targets(), 0u);
  ASSERT_EQ(command(R"({"do":"step"})"), "");
  f = wait_for([](const Frame &at) { return at.integer("frame") == 2; });
  EXPECT_EQ(f.targets(), 0u);
}

TEST_F(LiveRun, WhatCannotBeDoneChangesNothingAndSaysWhy) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(command(box_message(kBox)), "");
  const std::pair<std::string, std::string> wrong[] = {
      {box_message({1, 1, 5000, 5000}), "far larger"},
      {box_message({1000, 1000, 20, 20}), "frame"},
      {box_message(kBox, ",\"target\":9"), "no target 9"},
      {R"({"do":"remove","target":2})", "no target 2"},
      {R"({"do":"set","key":"nothing","value":"1"})", "nothing"},
      {R"({"do":"set","key":"seed","value":"x"})", "seed"},
      {R"({"do":"set","key":"backend","value":"cuda"})", ""},
      {R"({"do":"record","on":true})", "--overlay"}};
  for (const auto &[message, part] : wrong) {
    if (message.find("cuda") != std::string::npos) continue; /* a build with CUDA may have it */
    const std::string sentence = command(message);
    EXPECT_NE(sentence, "") << message;
    EXPECT_NE(sentence.find(part), std::string::npos) << sentence;
    Frame f = frame();
    ASSERT_EQ(f.targets(), 1u);
    EXPECT_EQ(json_number_value(json_array_get(json_object_get(f.target(0), "box"), 0)), 70);
  }
  ASSERT_EQ(command(R"({"do":"step"})"), "");
  EXPECT_EQ(wait_for([](const Frame &at) { return at.integer("frame") == 1; }).targets(), 1u);
}

TEST_F(LiveRun, AtMostSixteenTargetsAreFollowed) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  for (int i = 0; i < DSLT_LIVE_TARGETS; i++) ASSERT_EQ(command(box_message({5.0 * i, 3.0 * i, 20, 20})), "");
  EXPECT_NE(command(box_message(kBox)).find("16"), std::string::npos);
  EXPECT_EQ(frame().targets(), 16u);
  ASSERT_EQ(command(box_message(kBox, ",\"target\":5")), "") << "one that there is may be drawn anew";
}

TEST_F(LiveRun, AnOptionIsSetAndTheTargetsAreLearntAnew) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(command(box_message(kBox)), "");
  EXPECT_EQ(json_integer_value(json_object_get(frame().target(0), "steps")), 3);
  ASSERT_EQ(command(R"({"do":"set","key":"init_steps","value":"5"})"), "");
  Frame f = frame();
  ASSERT_EQ(f.targets(), 1u);
  EXPECT_EQ(f.number(0), 1);
  EXPECT_EQ(json_integer_value(json_object_get(f.target(0), "steps")), 5);
  Json table(json_loads(get(port_, "/options").body.c_str(), 0, nullptr));
  ASSERT_TRUE(table);
  size_t index;
  json_t *row;
  int seen = 0;
  json_array_foreach(json_object_get(table.get(), "options"), index, row) {
    EXPECT_TRUE(json_is_string(json_object_get(row, "help")));
    if (std::string(json_string_value(json_object_get(row, "key"))) != "init_steps") continue;
    EXPECT_STREQ(json_string_value(json_object_get(row, "value")), "5");
    seen++;
  }
  EXPECT_EQ(seen, 1);
}

TEST_F(LiveRun, RestartBeginsAnew) {
  dslt_live_setup setup = clip();
  setup.source.limit = 3;
  setup.boxes = &kBox;
  setup.count = 1;
  serve(setup);
  ASSERT_FALSE(HasFatalFailure());
  wait_for([](const Frame &at) { return at.truth("ended"); });
  EXPECT_EQ(lines(get(port_, "/boxes.csv").body).size(), 4u);
  EXPECT_NE(command(R"({"do":"play"})").find("ended"), std::string::npos);
  ASSERT_EQ(command(box_message({20, 20, 20, 20})), "") << "the last frame may still be drawn on";
  ASSERT_EQ(command(R"({"do":"restart"})"), "");
  Frame f = frame();
  EXPECT_EQ(f.integer("frame"), 0);
  EXPECT_TRUE(f.truth("paused"));
  EXPECT_FALSE(f.truth("ended"));
  EXPECT_EQ(f.targets(), 0u);
  EXPECT_EQ(lines(get(port_, "/boxes.jsonl").body).size(), 0u);
  ASSERT_EQ(command(box_message(kBox)), "");
  ASSERT_EQ(command(R"({"do":"play"})"), "");
  wait_for([](const Frame &at) { return at.truth("ended"); });
  EXPECT_EQ(lines(get(port_, "/boxes.jsonl").body).size(), 3u);
}

TEST_F(LiveRun, TheCurvesHaveEveryFrame) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(command(box_message(kBox)), "");
  const json_int_t start = frame().integer("version");
  for (int i = 0; i < 5; i++) {
    ASSERT_EQ(command(R"({"do":"step"})"), "");
    wait_for([i](const Frame &at) { return at.integer("frame") == i + 1; });
  }
  Frame f = frame(start);
  json_t *points = json_object_get(f.state.get(), "points");
  ASSERT_EQ(json_array_size(points), 5u);
  for (size_t i = 0; i < 5; i++) {
    EXPECT_EQ(json_integer_value(json_array_get(json_array_get(points, i), 0)),
              static_cast<json_int_t>(i + 1));
    EXPECT_GT(json_number_value(json_array_get(json_array_get(points, i), 1)), 0);
  }
  EXPECT_EQ(json_array_size(json_object_get(frame(f.integer("version") - 1).state.get(), "points")), 1u);
}

TEST_F(LiveRun, ARecordingHoldsWhatWasToBeRecorded) {
  if (!dslt_media_writes_videos()) GTEST_SKIP() << skip::kVideo;
  const std::string file = path("seen.mp4");
  dslt_live_setup setup = clip();
  setup.record = file.c_str();
  serve(setup);
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(command(box_message(kBox)), "");
  for (int i = 1; i <= 3; i++) ASSERT_EQ(command(R"({"do":"step"})"), "");
  wait_for([](const Frame &at) { return at.integer("frame") >= 1; });
  ASSERT_EQ(command(R"({"do":"record","on":false})"), "");
  const json_int_t recorded = frame().integer("recorded");
  ASSERT_EQ(command(R"({"do":"step"})"), "");
  wait_for([](const Frame &at) { return at.truth("paused"); });
  EXPECT_EQ(frame().integer("recorded"), recorded);
  EXPECT_EQ(file_count() >= 1, true);
  quit();
  ASSERT_EQ(dslt_live_run_close(run_), DSLT_OK) << dslt_last_error();
  run_ = nullptr;
  dslt_source *source = nullptr;
  ASSERT_EQ(dslt_source_open(&source, file.c_str(), nullptr), DSLT_OK) << dslt_last_error();
  dslt_image image;
  int frames = 0;
  while (dslt_source_next(&image, nullptr, nullptr, source) == 1) frames++;
  EXPECT_EQ(frames, recorded);
  dslt_source_close(source);
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(LiveRun, AnInputThatFailsStopsTheVideoAndNotThePage) {
  std::filesystem::create_directory(path("img"));
  dslt_canvas canvas = {};
  ASSERT_EQ(dslt_canvas_create(&canvas, 64, 48), DSLT_OK);
  for (const char *name : {"img/1.ppm", "img/2.ppm"})
    ASSERT_EQ(dslt_canvas_save(&canvas, path(name).c_str()), DSLT_OK);
  dslt_canvas_free(&canvas);
  spill(path("img/3.ppm"), "P6\n64 48\n255\nshort");
  const std::string folder = path("img");
  serve(clip(folder.c_str()));
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(command(R"({"do":"play"})"), "");
  Frame f = wait_for([](const Frame &at) { return at.truth("ended"); });
  EXPECT_NE(std::string(json_string_value(json_object_get(f.state.get(), "note"))).find("3.ppm"),
            std::string::npos);
  EXPECT_EQ(get(port_, "/").status, 200);
  quit();
  EXPECT_EQ(rc_, DSLT_EFORMAT);
  EXPECT_NE(sentence_.find("3.ppm"), std::string::npos) << sentence_;
}

TEST_F(LiveRun, FramesOfAnotherSizeEndTheTargets) {
  std::filesystem::create_directory(path("img"));
  for (int i = 1; i <= 3; i++) {
    dslt_canvas canvas = {};
    dslt_scene_options options;
    dslt_scene *scene = nullptr;
    ASSERT_EQ(dslt_scene_parse(&options, i < 3 ? "scene:1:128x96" : "scene:1:160x96"), DSLT_OK);
    ASSERT_EQ(dslt_scene_create(&scene, &options), DSLT_OK);
    ASSERT_EQ(dslt_scene_render(&canvas, nullptr, scene, i), DSLT_OK);
    ASSERT_EQ(dslt_canvas_save(&canvas, (path("img/") + std::to_string(i) + ".ppm").c_str()), DSLT_OK);
    dslt_canvas_free(&canvas);
    dslt_scene_free(scene);
  }
  const std::string folder = path("img");
  dslt_live_setup setup = clip(folder.c_str());
  setup.boxes = &kBox;
  setup.count = 1;
  serve(setup);
  ASSERT_FALSE(HasFatalFailure());
  Frame f = wait_for([](const Frame &at) { return at.truth("ended"); });
  EXPECT_EQ(f.integer("width"), 160);
  EXPECT_EQ(f.targets(), 0u);
  EXPECT_EQ(command(box_message(kBox)), "") << "targets of the new size may be drawn";
}

TEST_F(LiveRun, AnInputWithoutFramesIsAnError) {
  dslt_live_setup setup = clip("scene:1:128x96");
  setup.options = options_;
  setup.weights = weights_;
  setup.source.start = 100000;
  EXPECT_LT(dslt_live_run_open(&run_, session_, &setup), 0);
  EXPECT_EQ(run_, nullptr);
  setup = clip("no/such/file.mp4");
  setup.options = options_;
  setup.weights = weights_;
  EXPECT_LT(dslt_live_run_open(&run_, session_, &setup), 0);
  EXPECT_EQ(run_, nullptr);
}

TEST_F(LiveRun, QuitEndsTheLoopAndThoseWhoWait) {
  serve(clip());
  ASSERT_FALSE(HasFatalFailure());
  const json_int_t version = frame().integer("version");
  std::thread reader([this, version] {
    const Answer answer = get(port_, "/frame?after=" + std::to_string(version + 100));
    EXPECT_EQ(answer.status, 410) << answer.body;
  });
  ASSERT_EQ(command(R"({"do":"quit"})"), "");
  thread_.join();
  EXPECT_EQ(rc_, DSLT_OK);
  dslt_live_session_end(session_);
  reader.join();
  EXPECT_NE(command(R"({"do":"pause"})").find("ended"), std::string::npos);
}

}  // namespace
