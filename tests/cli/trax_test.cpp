/* SPDX-License-Identifier: Apache-2.0 */
// dslt trax over pipes: a scripted client for versions 1, 3 and 4, hostile ones, the protocol by files, the files and the
// test that it offers.
#include <poll.h>
#include <signal.h>

#include <sstream>

#include "program.h"

namespace {

class Trax : public ClipTest {
 protected:
  void SetUp() override {
    ClipTest::SetUp();
    signal(SIGPIPE, SIG_IGN);
  }
  void TearDown() override {
    hang_up();
    if (child_ > 0) wait(child_);
    ClipTest::TearDown();
  }
  // The clip's tracker, as ClipTest::track() sets it up.
  static std::vector<std::string> tracker(const std::vector<std::string> &more = {}) {
    std::vector<std::string> out = {"--weights", weights(), "--backend",    "cpu",   "--threads",
                                    "1",         "--set",   "init_steps=3", "--set", "memory=2"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  // Start the server with both of its outputs as one, as the toolkit does.
  void serve(const std::vector<std::string> &more = {}) {
    std::vector<std::string> arguments = {"trax"};
    for (const std::string &one : tracker(more)) arguments.push_back(one);
    std::vector<char *> argv = {const_cast<char *>("dslt")};
    for (const std::string &one : arguments) argv.push_back(const_cast<char *>(one.c_str()));
    argv.push_back(nullptr);
    int to[2], from[2];
    ASSERT_EQ(pipe2(to, O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(from, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    posix_spawn_file_actions_adddup2(&actions, from[1], 2);
    ASSERT_EQ(posix_spawn(&child_, DSLT_TEST_PROGRAM, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    to_ = to[1];
    from_ = from[0];
  }
  void say(const std::string &text) const {
    for (size_t at = 0; at < text.size();) {
      const ssize_t n = write(to_, text.data() + at, text.size() - at);
      if (n <= 0) return;  // it went away; the answer will say why
      at += static_cast<size_t>(n);
    }
  }
  // The next line of either output; "" at the end or when none comes.
  std::string hear() {
    for (;;) {
      const size_t end = heard_.find('\n');
      if (end != std::string::npos) {
        const std::string line = heard_.substr(0, end);
        heard_.erase(0, end + 1);
        return line;
      }
      struct pollfd in = {from_, POLLIN, 0};
      if (poll(&in, 1, 60000) <= 0) return "";
      char bytes[4096];
      const ssize_t n = read(from_, bytes, sizeof bytes);
      if (n <= 0) return "";
      heard_.append(bytes, static_cast<size_t>(n));
    }
  }
  // The region of the next line, which is a state with a confidence.
  std::string state() {
    const std::string line = hear(), begin = "@@TRAX:state \"";
    EXPECT_EQ(line.substr(0, begin.size()), begin) << line;
    if (line.size() < begin.size()) return "";
    const size_t end = line.find('"', begin.size());
    EXPECT_EQ(line.substr(end, 14), "\" \"confidence=") << line;
    return line.substr(begin.size(), end - begin.size());
  }
  void hang_up() {
    if (to_ >= 0) close(to_);
    if (from_ >= 0) close(from_);
    to_ = from_ = -1;
  }
  int exit_code() {
    close(to_);
    to_ = -1;
    const int code = wait(child_).code;
    child_ = 0;
    return code;
  }
  static std::string frame(int index) {
    return "file://" + images() + "/" + std::to_string(index + 1) + ".ppm";
  }
  // Row `index` of the truth, moved by `dx`, as a client writes it.
  static std::string box(int index, double dx = 0) {
    dslt_box_list list = {};
    EXPECT_EQ(dslt_box_list_read_otb(&list, truth().c_str()), DSLT_OK);
    const dslt_box b = list.boxes[index];
    dslt_box_list_free(&list);
    char text[64];
    snprintf(text, sizeof text, "%.4f,%.4f,%.4f,%.4f", b.x + dx, b.y, b.width, b.height);
    return text;
  }
  // What dslt track finds from frame `start` on, in the same words as states.
  std::vector<std::string> tracked(const std::string &first, int start) {
    std::vector<std::string> arguments = {
        "track", images(), "--box", first,      "--start", std::to_string(start),
        "-o",    "-",      "-q",    "--format", "csv"};
    for (const std::string &one : tracker()) arguments.push_back(one);
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::istringstream rows(outcome.out);
    std::vector<std::string> out;
    std::string row;
    std::getline(rows, row);  // the head
    while (std::getline(rows, row)) {
      size_t end = row.find(',');
      const size_t begin = end + 1;
      for (int i = 0; i < 4; i++) end = row.find(',', end + 1);
      out.push_back(row.substr(begin, end - begin));
    }
    return out;
  }

  pid_t child_ = 0;
  int to_ = -1, from_ = -1;
  std::string heard_;
};

TEST_F(Trax, Version4SpeaksFirstAndOnlyInMessages) {
  serve();
  EXPECT_EQ(
      hear(),
      "@@TRAX:hello \"trax.version=4\" \"trax.name=dslt\" \"trax.description=DSLT as we recommend it: fast, and more exact than the paper's numbers\" "
      "\"trax.region=rectangle;polygon;mask;\" \"trax.image=path;memory;buffer;\" \"trax.channels=color;\" "
      "\"trax.multiobject=1\"");
  say("@@TRAX:quit\n");
  EXPECT_EQ(hear(), "");
  EXPECT_EQ(exit_code(), 0);
}

TEST_F(Trax, EarlierVersionsHaveOneObject) {
  for (const char *version : {"1", "3"}) {
    serve({"--protocol", version});
    const std::string hello = hear();
    EXPECT_TRUE(contains(hello, std::string("\"trax.version=") + version + "\"")) << hello;
    EXPECT_FALSE(contains(hello, "multiobject")) << hello;
    const std::vector<std::string> expected = tracked(box(0), 0);
    ASSERT_EQ(expected.size(), static_cast<size_t>(kFrames));
    say("@@TRAX:initialize \"" + frame(0) + "\" \"" + box(0) + "\" \"time=5\"\n");
    EXPECT_EQ(state(), expected[0]);
    for (int i = 1; i < kFrames; i++) {
      say("@@TRAX:frame \"" + frame(i) + "\"\n");
      EXPECT_EQ(state(), expected[static_cast<size_t>(i)]) << i;
    }
    // A new initialize starts over, here on another frame.
    const std::vector<std::string> later = tracked(box(3), 3);
    say("@@TRAX:initialize \"" + frame(3) + "\" \"" + box(3) + "\"\n@@TRAX:frame " + frame(4) + "\n");
    EXPECT_EQ(state(), later[0]);
    EXPECT_EQ(state(), later[1]);
    say("@@TRAX:quit\n");
    EXPECT_EQ(hear(), "");
    EXPECT_EQ(exit_code(), 0);
    hang_up();
  }
}

// Each object gets the boxes of a run of its own, whenever it joins.
TEST_F(Trax, ObjectsJoinAndAreForgottenInVersion4) {
  serve();
  hear();
  const std::vector<std::string> a = tracked(box(0), 0), b = tracked(box(0, 25), 0),
                                 c = tracked(box(3, -10), 3);
  say("@@TRAX:initialize \"" + box(0) + "\"\n@@TRAX:initialize \"" + box(0, 25) + "\"\n");
  for (int i = 0; i < 6; i++) {
    if (i == 3) say("@@TRAX:initialize " + box(3, -10) + "\n");
    say("@@TRAX:frame \"" + frame(i) + "\"\n");
    EXPECT_EQ(state(), a[static_cast<size_t>(i)]) << i;
    EXPECT_EQ(state(), b[static_cast<size_t>(i)]) << i;
    if (i >= 3) {
      EXPECT_EQ(state(), c[static_cast<size_t>(i) - 3]) << i;
    }
  }
  say("@@TRAX:initialize\n@@TRAX:initialize " + box(0, 25) + "\n@@TRAX:frame " + frame(0) +
      "\n@@TRAX:frame " + frame(1) + "\n");
  EXPECT_EQ(state(), b[0]);
  EXPECT_EQ(state(), b[1]);
  say("@@TRAX:quit\n");
  EXPECT_EQ(hear(), "");
  EXPECT_EQ(exit_code(), 0);
}

TEST_F(Trax, PolygonsAndMasksAreTakenAsBoxes) {
  serve();
  hear();
  const std::vector<std::string> expected = tracked("10,20,24,30", 0);
  for (const char *region : {"10,20,34,20,34,50,10,50", "mask:8,20,40,30,2,24,1174,0", "rect:10,20,24,30"}) {
    // the mask: one row of 24 pixels from x 10 on, then 28 rows without, then one more
    const std::string text = region[0] == 'm' ? "mask:8,20,40,30,2,24,1136,24" : region;
    say("@@TRAX:initialize\n@@TRAX:initialize \"" + text + "\"\n@@TRAX:frame " + frame(0) +
        "\n@@TRAX:frame " + frame(1) + "\n");
    EXPECT_EQ(state(), expected[0]) << text;
    EXPECT_EQ(state(), expected[1]) << text;
  }
  say("@@TRAX:quit\n");
  EXPECT_EQ(exit_code(), 0);
}

TEST_F(Trax, PixelsGiveTheBoxesOfTheirFile) {
  const std::vector<std::string> expected = tracked(box(0), 0);
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  serve({"--protocol", "3"});
  hear();
  for (int i = 0; i < 3; i++) {
    const std::string file = slurp(frame(i).substr(7));
    const size_t size = 120 * 96 * 3;
    const std::string pixels = file.substr(file.size() - size);
    std::string text = "image:120;96;rgb;";
    for (size_t k = 0; k < size; k += 3) {
      const auto at = [&](size_t n) {
        return static_cast<unsigned>(static_cast<unsigned char>(pixels[k + n]));
      };
      const unsigned word = at(0) << 16 | at(1) << 8 | at(2);
      for (int shift = 18; shift >= 0; shift -= 6) text += digits[word >> shift & 63];
    }
    say(i ? "@@TRAX:frame \"" + text + "\"\n" : "@@TRAX:initialize \"" + text + "\" \"" + box(0) + "\"\n");
    EXPECT_EQ(state(), expected[static_cast<size_t>(i)]) << i;
  }
  say("@@TRAX:quit\n");
  EXPECT_EQ(exit_code(), 0);
}

// The session ends with a quit that says why, the same sentence behind it, and an exit code.
TEST_F(Trax, WhatCannotBeDoneEndsTheSession) {
  const std::string start = "@@TRAX:initialize " + box(0) + "\n@@TRAX:frame " + frame(0) + "\n";
  struct Case {
    std::string version, talk, sentence;
    int states, code;
  };
  const std::vector<Case> cases = {
      {"4", "@@TRAX:fly\n", "no message of type", 0, 3},
      {"4", "@@TRAX:frame \"a\n", "lacks a closing quote", 0, 3},
      {"4", "@@TRAX:frame " + frame(0) + "\n", "before any object", 0, 3},
      {"4", "@@TRAX:initialize\n@@TRAX:frame " + frame(0) + "\n", "before any object", 0, 3},
      {"4", "@@TRAX:initialize a b\n", "holds 2 arguments; in version 4", 0, 3},
      {"4", "@@TRAX:initialize 1,2,3\n", "region \\\"1,2,3\\\"", 0, 3},
      {"4", "@@TRAX:initialize 0\n", "code without a place", 0, 3},
      {"4", "@@TRAX:initialize 900,900,10,10\n@@TRAX:frame " + frame(0) + "\n", "covers less than one pixel",
       0, 3},
      {"4", start + "@@TRAX:frame file:///none.jpg\n", "/none.jpg", 1, 3},
      {"4", start + "@@TRAX:frame http://localhost/1.jpg\n", "is an address", 1, 5},
      {"4", start + "@@TRAX:frame a b\n", "one image, of channel color", 1, 3},
      {"4", start + "@@TRAX:frame image:8;8;gray8;" + std::string(84, 'A') + "AA==\n", "", 1, 3},
      {"4", start + "@@TRAX:state 1,2,3,4\n", "does not send messages of type state", 1, 3},
      {"1", start, "holds 1 arguments; in version 1", 0, 3},
      {"4", start, "went away without saying quit", 1, 3}};
  for (const Case &one : cases) {
    serve({"--protocol", one.version});
    hear();
    say(one.talk);
    for (int i = 0; i < one.states; i++) state();
    if (one.talk == start && one.version == "4") {
      close(to_);
      to_ = -1;
    }
    const std::string quit = hear(), begin = "@@TRAX:quit \"trax.reason=";
    EXPECT_EQ(quit.substr(0, begin.size()), begin) << one.talk << quit;
    EXPECT_TRUE(contains(quit, one.sentence)) << one.talk << quit;
    EXPECT_TRUE(contains(hear(), "dslt: ")) << one.talk;
    EXPECT_EQ(hear(), "") << one.talk;
    EXPECT_EQ(exit_code(), one.code) << one.talk;
    hang_up();
  }
}

TEST_F(Trax, SingleOffersOneObject) {
  serve({"--single", "--rectangles", "--name", "my \"tracker\""});
  const std::string hello = hear();
  EXPECT_FALSE(contains(hello, "multiobject")) << hello;
  EXPECT_TRUE(contains(hello, "\"trax.region=rectangle;\"")) << hello;
  EXPECT_TRUE(contains(hello, "\"trax.name=my \\\"tracker\\\"\"")) << hello;
  say("@@TRAX:initialize " + box(0) + "\n@@TRAX:initialize " + box(0) + "\n");
  EXPECT_TRUE(contains(hear(), "one at a time"));
  EXPECT_EQ(exit_code(), 3);
}

TEST_F(Trax, MoreObjectsThanCanBeTrackedAreRefused) {
  serve();
  hear();
  for (int i = 0; i < 65; i++) say("@@TRAX:initialize " + box(0) + "\n");
  EXPECT_TRUE(contains(hear(), "At most 64 objects"));
  EXPECT_EQ(exit_code(), 2 + 1);
}

TEST_F(Trax, NothingIsSaidBeforeWhatCannotWork) {
  Outcome outcome = run({"trax", "--weights", path("none.safetensors")});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(contains(outcome.err, "none.safetensors")) << outcome.err;
  outcome = run({"trax", "--weights", weights(), "--set", "low_layer=conv9_9"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
}

TEST_F(Trax, TheRecordHoldsBothSides) {
  serve({"--log", path("log")});
  hear();
  say("@@TRAX:initialize " + box(0) + "\n@@TRAX:frame " + frame(0) + "\n@@TRAX:quit\n");
  state();
  EXPECT_EQ(exit_code(), 0);
  const std::string log = slurp(path("log"));
  EXPECT_TRUE(contains(log, "S> hello trax.version=4")) << log;
  EXPECT_TRUE(contains(log, "C> frame " + frame(0))) << log;
  EXPECT_TRUE(contains(log, "S> state " + box(0) + " confidence=1")) << log;
  EXPECT_TRUE(contains(log, "C> quit")) << log;
}

// ---- what is offered beside a session -----------------------------------------------------------------------

TEST_F(Trax, TheIniHoldsACommandThatWorksAnywhere) {
  std::filesystem::create_directory(path("a 50% b"));
  std::filesystem::copy(weights(), path("a 50% b/w.safetensors"));
  const Outcome outcome = run({"trax", "--print-ini", "--weights", path("a 50% b/w.safetensors"), "--threads",
                               "1", "--set", "init_steps=3", "--protocol", "3"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "\n[dslt]\nlabel = dslt\nprotocol = trax\ncommand = /")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "/dslt trax --preset=dslt '--weights=")) << outcome.out;
  EXPECT_TRUE(
      contains(outcome.out, "/a 50%% b/w.safetensors' --set=threads=1 --set=init_steps=3 --protocol=3\n"))
      << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "\n[dslt-folder]\n")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "--protocol=3 --folder\n")) << outcome.out;
  // As the toolkit reads it: ConfigParser, then shlex.
  const std::string script =
      "import configparser,shlex,subprocess,sys\nc=configparser.ConfigParser()\nc.read(sys.argv[1])\n"
      "w=shlex.split(c['dslt']['command'])\n"
      "r=subprocess.run(w,input=b'@@TRAX:quit\\n',stdout=subprocess.PIPE,cwd='/')\n"
      "sys.exit(r.returncode or not r.stdout.startswith(b'@@TRAX:hello \"trax.version=3\"'))\n";
  spill(path("trackers.ini"), outcome.out);
  spill(path("read.py"), script);
  const int status = system(("python3 '" + path("read.py") + "' '" + path("trackers.ini") + "'").c_str());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) GTEST_SKIP() << skip::kPython;
  EXPECT_EQ(status, 0);
}

TEST_F(Trax, TheSelftestIsAClient) {
  for (const std::vector<std::string> &more :
       {std::vector<std::string>{}, std::vector<std::string>{"--protocol", "1"},
        std::vector<std::string>{"--single"}}) {
    std::vector<std::string> arguments = {"trax", "--selftest"};
    for (const std::string &one : tracker(more)) arguments.push_back(one);
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(contains(outcome.out, "hello after ")) << outcome.out;
    EXPECT_EQ(contains(outcome.out, "a second object joined"), more.empty()) << outcome.out;
    EXPECT_TRUE(contains(outcome.out, "a new start gave the same boxes")) << outcome.out;
    EXPECT_TRUE(contains(outcome.out, "ended with exit code 0")) << outcome.out;
  }
  const Outcome outcome = run({"trax", "--selftest", "--weights", path("none.safetensors")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(contains(outcome.err, "ended before its hello")) << outcome.err;
}

TEST_F(Trax, WrongCommandLines) {
  for (const std::vector<std::string> &more : {std::vector<std::string>{"file.mp4"},
                                               {"--protocol", "5"},
                                               {"--protocol", "0"},
                                               {"--selftest", "--print-ini"},
                                               {"--folder", "--log", "x"},
                                               {"--set", "nothing"}}) {
    std::vector<std::string> arguments = {"trax"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << more[0];
    EXPECT_EQ(outcome.out, "");
  }
}

// ---- the protocol by files ---------------------------------------------------------------------------------

class TraxFolder : public Trax {
 protected:
  void SetUp() override {
    Trax::SetUp();
    std::string list;
    for (int i = 0; i < kFrames; i++) list += frame(i).substr(7) + "\n";
    spill(path("frames_color.txt"), list);
  }
  Outcome follow() {
    std::vector<std::string> arguments = {"trax", "--folder=" + folder_.string()};
    for (const std::string &one : tracker()) arguments.push_back(one);
    return run(arguments);
  }
};

TEST_F(TraxFolder, EveryObjectGetsTheBoxesOfARunOfItsOwn) {
  spill(path("query_obj0.txt"), "0\n" + box(0) + "\n");
  spill(path("query_obj1.txt"), "3\n" + box(3, -10) + "\nkey=value\n");
  spill(path("query_obj10.txt"), "3\r\n" + box(3, 5) + "\r\n");
  spill(path("query_.txt"), "no query");
  const Outcome outcome = follow();
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out + outcome.err, "");
  const auto expect = [&](const char *id, const std::string &first, int start) {
    std::string boxes;
    for (int i = 0; i < start; i++) boxes += "0\n";
    for (const std::string &one : tracked(first, start)) boxes += one + "\n";
    EXPECT_EQ(slurp(path(std::string("output_") + id + ".txt")), boxes) << id;
    const std::string confidences = slurp(path(std::string("output_") + id + "_confidence.txt"));
    EXPECT_EQ(count_lines(confidences), kFrames) << id;
    EXPECT_EQ(confidences.substr(0, 2), start ? "0\n" : "1\n");
  };
  expect("obj0", box(0), 0);
  expect("obj1", box(3, -10), 3);
  expect("obj10", box(3, 5), 3);
}

TEST_F(TraxFolder, WhatIsWrongIsNamedAndNothingIsWritten) {
  const std::vector<std::pair<std::string, std::string>> queries = {{"", "Line 1 of"},
                                                                    {"x\n1,2,3,4\n", "Line 1 of"},
                                                                    {"-1\n1,2,3,4\n", "Line 1 of"},
                                                                    {"8\n1,2,3,4\n", "from 0 to 7"},
                                                                    {"0\n", "second line"},
                                                                    {"0\n1,2,3\n", "region"},
                                                                    {"0\n0\n", "code"},
                                                                    {"0\n900,2,3,4\n", "Frame 0"}};
  EXPECT_TRUE(contains(follow().err, "nothing to track"));
  for (const auto &[text, sentence] : queries) {
    spill(path("query_obj0.txt"), text);
    const Outcome outcome = follow();
    EXPECT_EQ(outcome.code, 3) << text;
    EXPECT_TRUE(contains(outcome.err, sentence)) << text << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(path("output_obj0.txt"))) << text;
  }
  spill(path("query_obj0.txt"), "0\n" + box(0) + "\n");
  spill(path("frames_color.txt"), frame(0).substr(7) + "\nnone.ppm\n");
  Outcome outcome = follow();
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "Frame 1: ")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "/none.ppm")) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(path("output_obj0.txt")));
  spill(path("frames_color.txt"), "\n\n");
  EXPECT_TRUE(contains(follow().err, "names no frame"));
  std::filesystem::remove(path("frames_color.txt"));
  EXPECT_TRUE(contains(follow().err, "frames_color.txt"));
}

}  // namespace
