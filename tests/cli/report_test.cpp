/* SPDX-License-Identifier: Apache-2.0 */
// dslt report: from result folders to a page, and what happens when Python, results or places are missing.
#include <gtest/gtest.h>
#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "program.h"
#include "report/frames.h"

namespace {

TEST(ReportLowest, PicksFramesThatLieApart) {
  std::vector<double> overlaps(100, 0.8);
  overlaps[0] = 0;
  overlaps[40] = 0.1, overlaps[41] = 0.05, overlaps[42] = 0.1;
  overlaps[70] = 0.2, overlaps[90] = -1, overlaps[95] = std::nan("");
  int picked[3];
  ASSERT_EQ(dslt_report_lowest(picked, 3, overlaps.data(), 100), 3);
  EXPECT_EQ(picked[0], 41);
  EXPECT_EQ(picked[1], 70);
  EXPECT_EQ(overlaps[picked[2]], 0.8);
  EXPECT_GE(std::abs(picked[2] - 41), 10);
  EXPECT_GE(std::abs(picked[2] - 70), 10);
}

TEST(ReportLowest, StopsWhereNothingIsLeft) {
  int picked[3];
  const double three[] = {1, 0.5, 0.4};
  EXPECT_EQ(dslt_report_lowest(picked, 3, three, 3), 1);
  EXPECT_EQ(picked[0], 2);
  EXPECT_EQ(dslt_report_lowest(picked, 3, three, 1), 0);
  const double unknown[] = {-1, std::nan(""), -1};
  EXPECT_EQ(dslt_report_lowest(picked, 3, unknown, 3), 0);
}

// Two sequences of eight frames each, as the layout `folder`, and two trackers' results.
class Report : public ClipTest {
 protected:
  void SetUp() override {
    ClipTest::SetUp();
    for (const std::string name : {"One", "Two"}) {
      std::filesystem::create_directories(path("set/" + name));
      std::filesystem::copy(images(), path("set/" + name + "/img"));
      write(path("set/" + name + "/groundtruth_rect.txt"), 0);
    }
    add("Exact", 0);
    add("Off", 12);
    unsetenv("DSLT_PYTHON");
  }
  void TearDown() override {
    unsetenv("DSLT_PYTHON");
    ClipTest::TearDown();
  }
  // The truth in whole pixels, as OTB has it; from the second frame on `shift` pixels to the right.
  void write(const std::string &file, int shift) {
    dslt_box_list list = {};
    ASSERT_EQ(dslt_box_list_read_otb(&list, truth().c_str()), 0);
    std::ofstream stream(file);
    for (int i = 0; i < list.count; i++) {
      const dslt_box &box = list.boxes[i];
      stream << std::lround(box.x + 1) + (i ? shift : 0) << ',' << std::lround(box.y + 1) << ','
             << std::lround(box.width) << ',' << std::lround(box.height) << '\n';
    }
    dslt_box_list_free(&list);
  }
  void add(const std::string &tracker, int shift) {
    std::filesystem::create_directories(path(tracker));
    for (const std::string sequence : {"One", "Two"}) write(path(tracker) + "/" + sequence + ".txt", shift);
  }
  std::vector<std::string> report(const std::vector<std::string> &more = {}) {
    std::vector<std::string> arguments = {"report", path("Off"), path("Exact"), "--dataset",   "folder",
                                          "--root", path("set"), "-o",          path("r.html")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  static bool drawable() {
    return system(
               "for p in python3 /usr/bin/python3; do $p -c 'import matplotlib, PIL, jinja2' 2>/dev/null && exit 0; "
               "done; "
               "exit 1") == 0;
  }
};

TEST_F(Report, DrawsWhatItScored) {
  if (!drawable()) GTEST_SKIP() << skip::kReportPackages;
  setenv("TMPDIR", path("").c_str(), 1);
  Outcome outcome = run(report({"--plots", path("plots"), "--title", "Two trackers"}));
  unsetenv("TMPDIR");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  std::string page = slurp(path("r.html"));
  EXPECT_TRUE(contains(page, "Exact [0.952]")) << "20 of 21 thresholds, the most that OTB's curve can give";
  EXPECT_TRUE(contains(page, "<title>Two trackers</title>"));
  EXPECT_TRUE(contains(page, "coloured by the overlap of Off")) << "the first result folder is in focus";
  EXPECT_TRUE(std::filesystem::exists(path("plots/success.svg")));
  EXPECT_TRUE(std::filesystem::exists(path("plots/success.png")));
  for (const auto &entry : std::filesystem::directory_iterator(folder_))
    EXPECT_FALSE(contains(entry.path().filename(), "dslt-report-")) << "the temporary folder is gone";
}

TEST_F(Report, MissingResultsAreNamedAndThePageIsWritten) {
  if (!drawable()) GTEST_SKIP() << skip::kReportPackages;
  std::filesystem::remove(path("Off/Two.txt"));
  Outcome outcome = run(report({"--no-thumbnails"}));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "Off") && contains(outcome.err, "Two")) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(path("r.html")));
  EXPECT_EQ(run(report({"--no-thumbnails", "--allow-missing"})).code, 0);
}

// What player.js reads of sequence `name`: JSON, to be freed.
json_t *clip(const std::string &page, const std::string &name) {
  const std::string begin = "<script type=\"application/json\" class=\"clip\">";
  for (size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at + 1)) {
    const size_t from = at + begin.size();
    json_t *found = json_loadb(page.data() + from, page.find("</script>", from) - from, 0, nullptr);
    if (found && name == json_string_value(json_object_get(found, "name"))) return found;
    json_decref(found);
  }
  return nullptr;
}

TEST_F(Report, SequencesPlayWithEveryBox) {
  if (!drawable()) GTEST_SKIP() << skip::kReportPackages;
  std::filesystem::remove(path("Off/Two.txt"));
  std::filesystem::remove(
      path("set/Two/img") + "/" +
      std::filesystem::directory_iterator(path("set/Two/img"))->path().filename().string());
  ASSERT_EQ(run(report({"--allow-missing", "--player-megabytes", "1"})).code, 0);
  const std::string page = slurp(path("r.html"));
  dslt_box_list truth = {};
  ASSERT_EQ(dslt_box_list_read_otb(&truth, path("set/One/groundtruth_rect.txt").c_str()), 0);
  json_t *one = clip(page, "One");
  ASSERT_NE(one, nullptr);
  json_t *boxes = json_object_get(one, "boxes");  // truth, then Exact and Off, which rank so
  ASSERT_EQ(json_array_size(boxes), 3u);
  for (int row = 0; row < 3; row++) {
    ASSERT_EQ((int)json_array_size(json_array_get(boxes, row)), truth.count);
    for (int i = 0; i < truth.count; i++) {
      json_t *box = json_array_get(json_array_get(boxes, row), i);
      EXPECT_EQ(json_integer_value(json_array_get(box, 0)),
                std::lround(10 * truth.boxes[i].x) + (row == 2 && i ? 120 : 0));
      EXPECT_EQ(json_integer_value(json_array_get(box, 3)), std::lround(10 * truth.boxes[i].height));
    }
  }
  EXPECT_EQ((int)json_array_size(json_object_get(one, "pictures")), truth.count);
  EXPECT_EQ(json_integer_value(json_object_get(one, "step")), 1);
  json_t *two = clip(page, "Two");  // a frame is missing there, and the boxes of Off
  ASSERT_NE(two, nullptr);
  int missing = 0;
  for (int i = 0; i < truth.count; i++) {
    missing += json_is_null(json_array_get(json_object_get(two, "pictures"), i));
    EXPECT_EQ(json_integer_value(json_array_get(json_array_get(json_object_get(two, "boxes"), 2), i)), 0);
  }
  EXPECT_EQ(missing, 1);
  json_decref(one);
  json_decref(two);
  dslt_box_list_free(&truth);
  ASSERT_EQ(run(report({"--allow-missing", "--player-megabytes", "0"})).code, 0);
  EXPECT_FALSE(contains(slurp(path("r.html")), "class=\"clip\""));
}

TEST_F(Report, WithoutAScoredSequenceThereIsNoPage) {
  for (const auto &folder : std::filesystem::directory_iterator(path("")))
    for (const char *name : {"One.txt", "Two.txt"})
      if (folder.is_directory()) std::filesystem::remove(folder.path() / name);
  Outcome outcome = run(report({"--no-thumbnails"}));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "Off: Two: ")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "Nothing could be scored, so there is no page to write.")) << outcome.err;
  EXPECT_FALSE(contains(outcome.err, "eval.json")) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(path("r.html")));
}

TEST_F(Report, SaysWhatToInstall) {
  setenv("DSLT_PYTHON", path("no-python").c_str(), 1);
  Outcome outcome = run(report());
  EXPECT_EQ(outcome.code, 5);
  EXPECT_TRUE(contains(outcome.err, "no-python")) << outcome.err;
  // An interpreter without the package, as main.py tells it.
  spill(path("bare"), "#!/bin/sh\nexit 90\n");
  std::filesystem::permissions(path("bare"), std::filesystem::perms::owner_all);
  setenv("DSLT_PYTHON", path("bare").c_str(), 1);
  outcome = run(report());
  EXPECT_EQ(outcome.code, 5);
  EXPECT_TRUE(contains(outcome.err, "apt-get install python3-matplotlib")) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(path("r.html")));
}

TEST_F(Report, HandsOnWhatPythonReports) {
  spill(path("fails"), "#!/bin/sh\nexit 1\n");
  std::filesystem::permissions(path("fails"), std::filesystem::perms::owner_all);
  setenv("DSLT_PYTHON", path("fails").c_str(), 1);
  EXPECT_EQ(run(report()).code, 1);
  spill(path("killed"), "#!/bin/sh\nkill -9 $$\n");
  std::filesystem::permissions(path("killed"), std::filesystem::perms::owner_all);
  setenv("DSLT_PYTHON", path("killed").c_str(), 1);
  EXPECT_EQ(run(report()).code, 137);
}

// A result that is a named pipe holds the scoring up for as long as it takes.
TEST_F(Report, ASignalWhileItScoresLeavesNothingBehind) {
  const std::string two = path("Off/Two.txt"), python = path("python");
  const std::string boxes = slurp(two);
  spill(python, "#!/bin/sh\ntouch '" + path("drawn") + "'\n");
  std::filesystem::permissions(python, std::filesystem::perms::owner_all);
  std::filesystem::create_directory(path("tmp"));
  std::filesystem::remove(two);
  ASSERT_EQ(mkfifo(two.c_str(), 0600), 0);
  setenv("TMPDIR", path("tmp").c_str(), 1);
  setenv("DSLT_PYTHON", python.c_str(), 1);
  const pid_t child = start(report(), path(".out"));
  unsetenv("TMPDIR");
  int to = -1;  // opens when the program has opened the other end
  for (int i = 0; i < 3000 && to < 0; i++, usleep(10000))
    to = open(two.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(to, 0);
  EXPECT_FALSE(std::filesystem::is_empty(path("tmp")));
  kill(child, SIGINT);
  usleep(100000);
  signal(SIGPIPE, SIG_IGN);  // a program that is gone reads nothing
  EXPECT_EQ(::write(to, boxes.data(), boxes.size()), static_cast<ssize_t>(boxes.size()));
  signal(SIGPIPE, SIG_DFL);
  close(to);
  const Outcome outcome = wait(child, 5);
  EXPECT_EQ(outcome.code, 128 + SIGINT) << outcome.err;
  EXPECT_EQ(outcome.err, "dslt: Interrupted.\n");
  EXPECT_TRUE(std::filesystem::is_empty(path("tmp"))) << "the temporary folder is gone";
  EXPECT_FALSE(std::filesystem::exists(path("drawn"))) << "Python is not started any more";
}

TEST_F(Report, CommandLine) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"report"}, "give -o FILE"},
      {{"report", "-o", "r.html"}, "result folders are missing"},
      {{"report", path("Off"), "-o", "r.html", "--root", path("set")}, "--dataset"},
      {{"report", path("Off"), "-o", "r.html", "--dataset", "folder"}, "--root"},
      {{"report", path("Off"), "-o", "r.html", "--dataset", "otb99", "--root", path("set")}, "otb"},
      {{"report", path("Off"), path("Off"), "-o", "r.html", "--dataset", "folder", "--root", path("set")},
       "NAME=DIR"},
      {{"report", path("Off"), "-o", "r.html", "--player-megabytes", "-1"}, "from 0 to 1000, not \"-1\""},
      {{"report", path("Off"), "-o", "r.html", "--player-megabytes", "2.5"}, "whole number"},
      {{"report", path("Off"), "-o", "r.html", "--player-megabytes", "1001"}, "1000"},
      {{"report", path("Off"), "-o", "r.html", "--convention", "mine"}, "matlab"}};
  for (const auto &[arguments, words] : wrong) {
    Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, words)) << outcome.err;
  }
  Outcome help = run({"report", "--help"});
  EXPECT_EQ(help.code, 0);
  for (const char *words : {"python3-matplotlib", "DSLT_PYTHON", "Examples:", "Exit codes:"})
    EXPECT_TRUE(contains(help.out, words)) << words;
}

TEST_F(Report, UnusableInput) {
  Outcome outcome =
      run({"report", path("Off"), "-o", path("r.html"), "--dataset", "folder", "--root", path("none")});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  outcome = run({"report", path("none"), "-o", path("r.html"), "--dataset", "folder", "--root", path("set")});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  outcome = run(report({"--focus", "Nobody"}));
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "Nobody"));
}

}  // namespace
