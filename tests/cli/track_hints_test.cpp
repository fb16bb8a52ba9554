/* SPDX-License-Identifier: Apache-2.0 */
// What dslt track says to whoever names a sequence's folder, and when the target was lost.
#include <cstdlib>

#include "program.h"
#include "report/track_summary.h"

namespace {

class TrackHints : public ClipTest {};

TEST_F(TrackHints, ASequencesFolderNamesTheCommand) {
  for (const std::string place : {"img", "color", "rgb", "left camera"}) {
    std::filesystem::create_directories(path("cup"));
    std::filesystem::copy(images(), path("cup/" + place));
    for (const std::string &folder : {path("cup"), path("cup/")}) {
      Outcome outcome = run({"track", folder});
      EXPECT_EQ(outcome.code, 2);
      EXPECT_TRUE(contains(outcome.err, "dslt track " + path("cup/" + place) + " --box x,y,w,h"))
          << outcome.err;
    }
    spill(path("cup/groundtruth_rect.txt"), slurp(truth()));
    Outcome outcome = run({"track", path("cup"), "--box", "1,2,3,4"});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_TRUE(contains(outcome.err, "--box otb:" + path("cup/groundtruth_rect.txt"))) << outcome.err;
    std::filesystem::remove_all(path("cup"));
  }
}

TEST_F(TrackHints, OtherFoldersDoNot) {
  std::filesystem::create_directories(path("empty/deeper"));
  Outcome outcome = run({"track", path("empty"), "--box", "1,2,3,4"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(contains(outcome.err, "holds no pictures")) << outcome.err;
}

// The summary of updates 1, 2, 3 ... of which the given ones are lost.
std::string summary(const std::string &lost) {
  dslt_options *options = nullptr;
  EXPECT_EQ(dslt_options_create(&options, "default"), DSLT_OK) << dslt_last_error();
  dslt_track_figures figures = {};
  dslt_track_report report = {};
  report.options = options;
  report.weights = report.backend = report.precision = "";
  report.target = &figures;
  report.targets = 1;
  for (char c : lost) {
    dslt_result result = {};
    result.lost = c == 'x';
    dslt_track_report_add(&report, &result, 0.01);
  }
  char *text = nullptr;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  dslt_track_report_print(stream, &report);
  fclose(stream);
  std::string out(text, size);
  free(text);
  dslt_options_free(options);
  return out;
}

TEST(TrackSummary, NamesTheFirstLostFrames) {
  EXPECT_TRUE(contains(summary("....xxx..x."), ", lost in 4 frames (5-7, 10)\n")) << summary("....xxx..x.");
  EXPECT_TRUE(contains(summary("x"), ", lost in 1 frames (1)\n")) << summary("x");
  EXPECT_TRUE(contains(summary("x.x.xx.x.x.xx"), ", lost in 8 frames (1, 3, 5-6, 8 ...)\n"));
  EXPECT_TRUE(contains(summary("....."), ", lost in 0 frames\n"));
}

}  // namespace
