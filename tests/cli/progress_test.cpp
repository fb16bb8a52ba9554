/* SPDX-License-Identifier: Apache-2.0 */
// Progress: plain lines for files and pipes, one rewritten line for terminals, silence when asked.
#include <poll.h>
#include <pty.h>

#include "cli/progress.h"
#include "program.h"

namespace {

std::string plain(int64_t total, int frames, int quiet, int estimate = 0) {
  char *text = nullptr;
  size_t size = 0;
  FILE *file = tmpfile();
  dslt_progress progress;
  dslt_progress_start(&progress, file, total, quiet);
  progress.estimate = estimate;
  for (int i = 1; i <= frames; i++) dslt_progress_update(&progress, i);
  dslt_progress_end(&progress);
  rewind(file);
  std::string all;
  while (getline(&text, &size, file) >= 0) all += text;
  free(text);
  fclose(file);
  return all;
}

TEST(Progress, ALineEveryTenth) {
  std::string text = plain(200, 200, 0);
  EXPECT_EQ(count_lines(text), 10);
  EXPECT_TRUE(contains(text, "20/200 frames, "));
  EXPECT_TRUE(contains(text, "200/200 frames, "));
  EXPECT_TRUE(contains(text, "0:00 left"));
  EXPECT_FALSE(contains(text, "\r"));
}

TEST(Progress, ShortRunsPrintEachFrameOnce) { EXPECT_EQ(count_lines(plain(3, 3, 0)), 3); }

TEST(Progress, AnUnknownLengthWaitsForTheClock) { EXPECT_EQ(plain(-1, 1000, 0), ""); }

// A video's length is no promise: no time is said to be left, and more frames may come.
TEST(Progress, AnEstimateIsNoPromise) {
  const std::string text = plain(200, 240, 0, 1);
  EXPECT_TRUE(contains(text, "100 of about 200 frames, "));
  EXPECT_TRUE(contains(text, "\n240 frames, "));
  EXPECT_FALSE(contains(text, "left"));
  EXPECT_FALSE(contains(text, "/200"));
}

TEST(Progress, QuietIsSilent) { EXPECT_EQ(plain(200, 200, 1), ""); }

TEST(Progress, ATerminalGetsOneLineThatIsClearedAtTheEnd) {
  int master = -1, slave = -1;
  if (openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) GTEST_SKIP() << skip::kTerminal;
  FILE *terminal = fdopen(slave, "w");
  dslt_progress progress;
  dslt_progress_start(&progress, terminal, 50, 0);
  EXPECT_TRUE(progress.terminal);
  for (int i = 1; i <= 50; i++) dslt_progress_update(&progress, i);
  dslt_progress_end(&progress);
  // What was written may arrive in pieces.
  std::string text;
  const std::string clear = "\r\033[K";
  struct pollfd ready = {master, POLLIN, 0};
  while ((text.size() < 60 || text.substr(text.size() - clear.size()) != clear) &&
         poll(&ready, 1, 2000) == 1) {
    char buffer[4096];
    ssize_t length = read(master, buffer, sizeof buffer);
    if (length <= 0) break;
    text.append(buffer, (size_t)length);
  }
  fclose(terminal);
  close(master);
  EXPECT_EQ(count_lines(text), 0);
  EXPECT_TRUE(contains(text, "[########################] 50/50 frames"));
  ASSERT_GT(text.size(), clear.size());
  EXPECT_EQ(text.substr(text.size() - clear.size()), clear);
}

}  // namespace
