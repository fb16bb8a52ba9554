/* SPDX-License-Identifier: Apache-2.0 */
// dslt track end to end on a small clip: every result file, the scores, and runs that end before their time.
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include <cmath>
#include <thread>

#include "eval/ope.h"
#include "program.h"

namespace {

class TrackRun : public ClipTest {
 protected:
  static dslt_box_list read(const std::string &file) {
    dslt_box_list list = {};
    EXPECT_EQ(dslt_box_list_read_otb(&list, file.c_str()), DSLT_OK) << dslt_last_error();
    return list;
  }
  static json_t *load(const std::string &file) {
    json_error_t error;
    json_t *root = json_load_file(file.c_str(), 0, &error);
    EXPECT_NE(root, nullptr) << error.text;
    return root;
  }
};

TEST_F(TrackRun, WritesOneRowAFrameBeginningWithTheGivenBox) {
  Outcome outcome = run(track(images(), {"--out", path("boxes.txt")}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  dslt_box_list boxes = read(path("boxes.txt")), known = read(truth());
  ASSERT_EQ(boxes.count, kFrames);
  EXPECT_NEAR(boxes.boxes[0].x, known.boxes[0].x, 1e-3);
  EXPECT_NEAR(boxes.boxes[0].width, known.boxes[0].width, 1e-3);
  EXPECT_TRUE(contains(outcome.out, "8 frames: "));
  EXPECT_TRUE(contains(outcome.out, "mean overlap "));
  dslt_box_list_free(&boxes);
  dslt_box_list_free(&known);
}

TEST_F(TrackRun, TheSameCommandGivesTheSameBytes) {
  ASSERT_EQ(run(track(images(), {"--out", path("a.csv"), "--format", "csv", "-q"})).code, 0);
  ASSERT_EQ(run(track(images(), {"--out", path("b.csv"), "--format", "csv", "-q"})).code, 0);
  EXPECT_EQ(slurp(path("a.csv")), slurp(path("b.csv")));
  EXPECT_EQ(count_lines(slurp(path("a.csv"))), kFrames + 1);
}

TEST_F(TrackRun, StandardOutputHoldsTheBoxesAlone) {
  Outcome outcome = run(track(images(), {"--out", "-", "--frames", "3"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(count_lines(outcome.out), 3);
  EXPECT_TRUE(contains(outcome.err, "3 frames: "));
  Outcome quiet = run(track(images(), {"--out", "-", "--frames", "3", "--quiet"}));
  EXPECT_EQ(quiet.out, outcome.out);
  EXPECT_EQ(quiet.err, "");
}

// The names of descriptors, as a shell opens them: >> keeps what is there, and a pipe gets the whole result.
TEST_F(TrackRun, DescriptorsAreWrittenWhereTheyStand) {
  auto shell = [&](const std::string &out, const std::string &rest) {
    std::string command = DSLT_TEST_PROGRAM;
    for (const std::string &argument : track(images(), {"--quiet", "--out", out}))
      command += " '" + argument + "'";
    EXPECT_EQ(
        system(("( cd '" + folder_.string() + "' && " + command + " " + rest + " ) 2> '" + path("err") + "'")
                   .c_str()),
        0)
        << out << rest << slurp(path("err"));
  };
  ASSERT_EQ(run(track(images(), {"--out", path("boxes.txt")})).code, 0);
  const std::string boxes = slurp(path("boxes.txt"));
  EXPECT_EQ(count_lines(boxes), kFrames);
  spill(path("log.txt"), "earlier\n");
  shell("/dev/stdout", ">> log.txt");
  EXPECT_EQ(slurp(path("log.txt")), "earlier\n" + boxes);
  shell("/dev/fd/7", "7>> log.txt");
  EXPECT_EQ(slurp(path("log.txt")), "earlier\n" + boxes + boxes);
  shell("/dev/stdout", "| cat > piped.txt");
  EXPECT_EQ(slurp(path("piped.txt")), boxes);
  shell("/dev/fd/7", "7>&1 | cat > piped.txt");
  EXPECT_EQ(slurp(path("piped.txt")), boxes);
}

// A reader that leaves at the pipe's end, as `cat pipe` does, gets the whole result.
TEST_F(TrackRun, ANamedPipesReaderGetsTheWholeResult) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  std::string piped;
  std::thread cat([&] {
    struct pollfd end = {reader, POLLIN, 0};
    char text[4096];
    ssize_t size = 0;
    while (poll(&end, 1, 60000) > 0 && (size = ::read(reader, text, sizeof text)) > 0)
      piped.append(text, static_cast<size_t>(size));
    close(reader);
  });
  const Outcome outcome = run(track(images(), {"--out", path("pipe")}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  cat.join();
  ASSERT_EQ(run(track(images(), {"--out", path("boxes.txt")})).code, 0);
  EXPECT_EQ(piped, slurp(path("boxes.txt")));
  const Outcome alone = run(track(images(), {"--out", path("pipe"), "--frames", "2"}));
  EXPECT_EQ(alone.code, 1);
  EXPECT_TRUE(contains(alone.err, "nobody reads")) << alone.err;
}

// A reader has each box before the next frame is there; together they are what a file gets.
TEST_F(TrackRun, StandardOutputComesFrameByFrame) {
  for (const std::string format : {"otb", "vot", "got10k", "csv", "jsonl"}) {
    const std::string list = path(format + ".fifo");
    ASSERT_EQ(mkfifo(list.c_str(), 0600), 0);
    // for both directions, so that nobody waits for the other end
    const int to = open(list.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(to, 0);
    const pid_t child = start(track("-", {"--out", "-", "--format", format, "--quiet"}), path(".out"), list);
    const int head = format == "csv";
    for (int frame = 1; frame <= 3; frame++) {
      const std::string name = images() + "/" + std::to_string(frame) + ".ppm\n";
      ASSERT_EQ(write(to, name.data(), name.size()), static_cast<ssize_t>(name.size()));
      for (int i = 0; i < 6000 && count_lines(slurp(path(".out"))) < frame + head; i++) usleep(10000);
      ASSERT_EQ(count_lines(slurp(path(".out"))), frame + head) << format << slurp(path(".err"));
    }
    close(to);
    const Outcome outcome = wait(child);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const std::string file = path("boxes." + format);
    ASSERT_EQ(run(track(images(), {"--out", file, "--format", format, "--frames", "3"})).code, 0);
    EXPECT_EQ(outcome.out, slurp(file));
  }
}

TEST_F(TrackRun, TheSummaryAddsUp) {
  ASSERT_EQ(
      run(track(images(), {"--out", path("boxes.txt"), "--summary", path("s.json"), "--seed", "7"})).code, 0);
  json_t *root = load(path("s.json"));
  auto number = [&](const char *key) { return json_number_value(json_object_get(root, key)); };
  EXPECT_EQ(number("frames"), kFrames);
  EXPECT_EQ(number("seed"), 7);
  EXPECT_EQ(number("init_steps"), 3);
  EXPECT_GT(number("init_loss"), 0);
  EXPECT_GE(number("lost_frames"), 0);
  EXPECT_STREQ(json_string_value(json_object_get(root, "backend")), "cpu");
  EXPECT_STREQ(json_string_value(json_object_get(root, "preset")), "dslt");
  EXPECT_STREQ(json_string_value(json_object_get(root, "weights")), weights().c_str());
  EXPECT_STREQ(json_string_value(json_object_get(root, "version")), dslt_version());
  EXPECT_GT(number("fps"), 0);
  EXPECT_GT(number("init_ms"), 0);
  EXPECT_GE(number("fps_with_init"), number("fps_with_decode"));
  double stages = 0;
  for (const char *stage : {"crop", "backbone", "head", "locate", "store", "update"}) {
    json_t *value = json_object_get(json_object_get(root, "ms_per_stage"), stage);
    ASSERT_TRUE(json_is_real(value)) << stage;
    stages += json_real_value(value);
  }
  EXPECT_GT(stages, 0);
  EXPECT_LE(stages, 1.05 * 1000 / number("fps"));
  // The scores are those of the boxes written, up to the file's four decimals.
  dslt_box_list boxes = read(path("boxes.txt")), known = read(truth());
  dslt_ope ope;
  ASSERT_EQ(dslt_ope_score(&ope, boxes.boxes, known.boxes, kFrames), DSLT_OK);
  EXPECT_NEAR(number("mean_overlap"), ope.mean_overlap, 1e-3);
  EXPECT_NEAR(number("precision20"), ope.precision20, 1e-9);
  EXPECT_EQ(number("scored_frames"), kFrames);
  dslt_box_list_free(&boxes);
  dslt_box_list_free(&known);
  json_decref(root);
}

TEST_F(TrackRun, StartAndFramesCutTheClip) {
  Outcome outcome = run(track(images(), {"--start", "2", "--frames", "3", "--out", path("b.txt")}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  dslt_box_list boxes = read(path("b.txt")), known = read(truth());
  ASSERT_EQ(boxes.count, 3);
  EXPECT_NEAR(boxes.boxes[0].x, known.boxes[2].x, 1e-3);
  EXPECT_TRUE(
      contains(outcome.out, "ground truth covers 6 frames, 3 were tracked: the first 3 of both are scored"));
  dslt_box_list_free(&boxes);
  dslt_box_list_free(&known);
}

TEST_F(TrackRun, AShorterGroundTruthIsTold) {
  std::string text = slurp(truth());
  spill(path("short.txt"), text.substr(0, text.find('\n') + 1));
  Outcome outcome = run({"track", images(), "-b", "otb:" + path("short.txt"), "-w", weights(), "--set",
                         "init_steps=2", "--frames", "2", "--backend", "cpu"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "ground truth covers 1 frames, 2 were tracked"));
}

TEST_F(TrackRun, APlainBoxIsNotScored) {
  Outcome outcome = run({"track", images(), "--box", "30,30,20,24", "-w", weights(), "--set", "init_steps=2",
                         "--frames", "2", "--backend", "cpu", "--summary", path("s.json")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(contains(outcome.out, "mean overlap"));
  json_t *root = load(path("s.json"));
  EXPECT_EQ(json_object_get(root, "auc"), nullptr);
  json_decref(root);
}

TEST_F(TrackRun, ASceneBringsItsOwnTruth) {
  Outcome outcome = run({"track", "scene:3", "-w", weights(), "--set", "init_steps=2", "--frames", "2",
                         "--start", "5", "--backend", "cpu"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "ground truth covers 145 frames, 2 were tracked"));
  EXPECT_TRUE(contains(outcome.out, "mean overlap "));
}

TEST_F(TrackRun, AListOnStandardInput) {
  spill(path("list"), images() + "/1.ppm\n" + images() + "/2.ppm\n");
  Outcome outcome = run(track("-", {"--out", "-", "-q"}), path("list"));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(count_lines(outcome.out), 2);
}

TEST_F(TrackRun, ResponsesAreDumped) {
  ASSERT_EQ(run(track(images(), {"--frames", "3", "--dump-response", path("dump")})).code, 0);
  const char *picture = DSLT_OPENCV ? "dump/00002.png" : "dump/00002.ppm";
  EXPECT_TRUE(std::filesystem::exists(path(picture)));
  EXPECT_TRUE(std::filesystem::exists(path("dump/00001.npy")));
  EXPECT_FALSE(std::filesystem::exists(path("dump/00000.npy")));
  EXPECT_EQ(slurp(path("dump/00001.npy")).substr(1, 5), "NUMPY");
}

TEST_F(TrackRun, TheOverlayHoldsEveryFrame) {
  Outcome outcome = run(track(images(), {"--frames", "4", "--overlay", path("o.mp4")}));
  if (!DSLT_OPENCV) {
    EXPECT_EQ(outcome.code, 5);
    EXPECT_TRUE(contains(outcome.err, "no OpenCV")) << outcome.err;
    return;  // there is no more to test in a build without OpenCV
  }
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  dslt_source *source = nullptr;
  ASSERT_EQ(dslt_source_open(&source, path("o.mp4").c_str(), nullptr), DSLT_OK) << dslt_last_error();
  dslt_image image;
  int frames = 0;
  while (dslt_source_next(&image, nullptr, nullptr, source) == 1) frames++;
  EXPECT_EQ(frames, 4);
  EXPECT_EQ(image.width, 120);
  dslt_source_close(source);
}

// ---- runs that end early ------------------------------------------------------------------------------

TEST_F(TrackRun, ACorruptFrameKeepsTheRowsBeforeIt) {
  std::string folder = copy_images();
  spill(folder + "/4.ppm", "P6\n120 96\n255\nshort");
  Outcome outcome = run(track(folder, {"--out", path("b.txt")}));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "dslt: Frame 3")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "4.ppm")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "The 3 boxes up to there are in ")) << outcome.err;
  EXPECT_EQ(count_lines(slurp(path("b.txt"))), 3);
}

TEST_F(TrackRun, AFrameOfAnotherSizeKeepsTheRowsBeforeIt) {
  std::string folder = copy_images();
  dslt_canvas canvas = {};
  ASSERT_EQ(dslt_canvas_create(&canvas, 100, 96), DSLT_OK);
  ASSERT_EQ(dslt_canvas_save(&canvas, (folder + "/3.ppm").c_str()), DSLT_OK);
  dslt_canvas_free(&canvas);
  Outcome outcome = run(track(folder, {"--out", path("b.txt"), "--summary", path("s.json")}));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "dslt: Frame 2 (")) << outcome.err;
  EXPECT_EQ(count_lines(slurp(path("b.txt"))), 2);
  EXPECT_TRUE(std::filesystem::exists(path("s.json")));
}

TEST_F(TrackRun, AnUnreadableFirstFrameWritesNothing) {
  std::string folder = copy_images();
  spill(folder + "/1.ppm", "no picture");
  Outcome outcome = run(track(folder, {"--out", path("b.txt")}));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_FALSE(std::filesystem::exists(path("b.txt")));
}

TEST_F(TrackRun, ASignalEndsAfterTheFrameAndKeepsTheRows) {
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGXCPU}) {
    // A fifo feeds names for ever: only the signal can end this run.
    std::string fifo = path("fifo" + std::to_string(number));
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    int hold = open(fifo.c_str(), O_RDWR);
    ASSERT_GE(hold, 0);
    std::string names;
    for (int i = 0; i < 200; i++) names += images() + "/" + std::to_string(i % kFrames + 1) + ".ppm\n";
    ASSERT_LT(names.size(), 60000u);
    ASSERT_EQ(write(hold, names.data(), names.size()), (ssize_t)names.size());
    pid_t child = start(
        track("-", {"--out", path("b.txt"), "--dump-response", path("dump"), "--set", "update_steps=20"}),
        path(".out"), fifo);
    for (int i = 0; i < 600 && !std::filesystem::exists(path("dump/00002.npy")); i++) usleep(50000);
    kill(child, number);
    Outcome outcome = wait(child);
    close(hold);
    EXPECT_EQ(outcome.code, 128 + number) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, "dslt: Interrupted after ")) << outcome.err;
    EXPECT_GE(count_lines(slurp(path("b.txt"))), 3);
    EXPECT_LT(count_lines(slurp(path("b.txt"))), 200);
    std::filesystem::remove_all(path("dump"));
  }
}

// The list stays open: nothing but the signal can end this run.
TEST_F(TrackRun, ASignalEndsTheWaitForTheNextName) {
  const HeldPipe list(path("list"));
  for (const int names : {0, 3}) {
    for (int i = 1; i <= names; i++) list.put(images() + "/" + std::to_string(i) + ".ppm\n");
    const pid_t child = start(track("-", {"--out", path("b.txt"), "--dump-response", path("dump"), "-q"}),
                              path(".out"), list.name());
    for (int i = 0; i < 600 && names && !std::filesystem::exists(path("dump/00002.npy")); i++) usleep(50000);
    wait_for_handler(child, SIGTERM);
    usleep(500000);  // it waits by now
    kill(child, SIGTERM);
    const Outcome outcome = wait(child, 5);
    EXPECT_EQ(outcome.code, 128 + SIGTERM) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, "Interrupted after " + std::to_string(names) + " frames."))
        << outcome.err;
    EXPECT_EQ(std::filesystem::exists(path("b.txt")), names > 0);
    EXPECT_EQ(count_lines(slurp(path("b.txt"))), names);
  }
}

// nohup starts a program with the hang-up ignored: it stays ignored.
TEST_F(TrackRun, AHangUpThatTheCallerIgnoresDoesNotEndTheRun) {
  signal(SIGHUP, SIG_IGN);
  pid_t child =
      start(track(images(), {"--out", path("b.txt"), "--dump-response", path("dump")}), path(".out"));
  signal(SIGHUP, SIG_DFL);
  for (int i = 0; i < 600 && !std::filesystem::exists(path("dump")); i++) usleep(5000);
  kill(child, SIGHUP);
  Outcome outcome = wait(child);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(count_lines(slurp(path("b.txt"))), kFrames);
}

TEST_F(TrackRun, AFileSizeLimitIsAnErrorOfWriting) {
  struct rlimit before, small;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 64;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  pid_t child = start(track(images(), {"--out", path("b.txt"), "--quiet"}), "/dev/null");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_FALSE(std::filesystem::exists(path("b.txt")));
}

TEST_F(TrackRun, AFullDiskIsARunFailure) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << skip::kDevFull;
  Outcome outcome = run(track(images(), {"--frames", "2", "--out", "/dev/full"}));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(contains(outcome.err, "/dev/full")) << outcome.err;
}

}  // namespace
