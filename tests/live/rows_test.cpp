/* SPDX-License-Identifier: Apache-2.0 */
// The boxes of a session: written as dslt track writes them, whole, and again from the start.
#include "live/rows.h"

#include "dslt/dslt.h"
#include "scratch.h"

namespace {

class LiveRows : public ScratchTest {
 protected:
  void SetUp() override {
    ScratchTest::SetUp();
    ASSERT_EQ(dslt_live_rows_create(&rows), DSLT_OK);
  }
  void TearDown() override {
    dslt_live_rows_free(rows);
    ScratchTest::TearDown();
  }
  void add(int frame, int target, double x) {
    dslt_track_row row = {};
    row.frame = frame;
    row.box = {x, 2, 3, 4};
    row.peak = 0.5;
    ASSERT_EQ(dslt_live_rows_add(rows, &row, target), 1);
  }
  std::string text(dslt_box_format format) {
    char *bytes = nullptr;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    EXPECT_EQ(dslt_live_rows_write(stream, format, rows), DSLT_OK) << dslt_last_error();
    fclose(stream);
    std::string out(bytes, size);
    free(bytes);
    return out;
  }
  dslt_live_rows *rows = nullptr;
};

TEST_F(LiveRows, AreThoseOfATrackWithNumbers) {
  dslt_track_row one[2] = {}, two[2] = {};
  for (int i = 0; i < 2; i++) {
    one[i].frame = two[i].frame = i;
    one[i].box = {1.0 + i, 2, 3, 4};
    two[i].box = {11.0 + i, 2, 3, 4};
    one[i].peak = two[i].peak = 0.25 + i / 2.0;
    two[i].lost = i;
    one[i].timed = 1;
    one[i].time = i / 30.0;
    ASSERT_EQ(dslt_live_rows_add(rows, &one[i], 1), 1);
    ASSERT_EQ(dslt_live_rows_add(rows, &two[i], 2), 1);
  }
  const dslt_track_row *both[] = {one, two};
  for (const auto &[format, name] :
       {std::pair{DSLT_FORMAT_CSV, "t.csv"}, std::pair{DSLT_FORMAT_JSONL, "t.jsonl"}}) {
    ASSERT_EQ(dslt_track_write_targets(path(name).c_str(), format, both, 2, 2), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(text(format), slurp(path(name)));
    ASSERT_EQ(dslt_live_rows_save(path("own").c_str(), format, rows), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(slurp(path("own")), slurp(path(name)));
  }
}

TEST_F(LiveRows, WithoutRowsCsvHasItsHeadAlone) {
  EXPECT_EQ(text(DSLT_FORMAT_CSV), "frame,target,x,y,width,height,peak,lost,time\n");
  EXPECT_EQ(text(DSLT_FORMAT_JSONL), "");
}

TEST_F(LiveRows, BlocksJoinWithoutASeam) {
  const int count = 2 * DSLT_LIVE_ROWS_BLOCK + 3;
  for (int i = 0; i < count; i++) add(i, 1 + i % 3, i);
  EXPECT_EQ(dslt_live_rows_count(rows), count);
  std::istringstream lines(text(DSLT_FORMAT_CSV));
  std::string line;
  std::getline(lines, line);
  for (int i = 0; i < count; i++) {
    ASSERT_TRUE(std::getline(lines, line));
    ASSERT_EQ(
        line.rfind(std::to_string(i) + "," + std::to_string(1 + i % 3) + "," + std::to_string(i) + ".0000,",
                   0),
        0u)
        << line;
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(LiveRows, StartingOverLeavesOutWhatWas) {
  for (int i = 0; i < DSLT_LIVE_ROWS_BLOCK + 5; i++) add(i, 1, i);
  dslt_live_rows_start_over(rows);
  EXPECT_EQ(dslt_live_rows_count(rows), 0);
  add(0, 2, 7);
  EXPECT_EQ(text(DSLT_FORMAT_CSV),
            "frame,target,x,y,width,height,peak,lost,time\n0,2,7.0000,2.0000,3.0000,4.0000,0.500000,0,\n");
}

TEST_F(LiveRows, OnlyFormatsWithNumbersAreWritten) {
  for (const dslt_box_format format :
       {DSLT_FORMAT_OTB, DSLT_FORMAT_VOT, DSLT_FORMAT_GOT10K, DSLT_FORMAT_JSON}) {
    EXPECT_EQ(dslt_live_rows_save(path("x").c_str(), format, rows), DSLT_EARGUMENT);
    EXPECT_EQ(file_count(), 0u);
  }
}

}  // namespace
