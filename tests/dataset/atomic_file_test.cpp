/* SPDX-License-Identifier: Apache-2.0 */
// A file written atomically is whole or absent, whatever stops the writer.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "base/atomic_file.h"
#include "base/error.h"
#include "dslt/dslt.h"
#include "scratch.h"

namespace {

class AtomicFile : public ScratchTest {};

TEST_F(AtomicFile, AppearsOnlyAtCommit) {
  dslt_atomic_file file = {};
  ASSERT_EQ(dslt_atomic_open(&file, path("a.txt").c_str()), DSLT_OK);
  fputs("whole", file.stream);
  fflush(file.stream);
  EXPECT_FALSE(std::filesystem::exists(path("a.txt")));
  ASSERT_EQ(dslt_atomic_commit(&file), DSLT_OK);
  EXPECT_EQ(slurp(path("a.txt")), "whole");
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(AtomicFile, AbortLeavesTheOldFileAndNoOther) {
  spill(path("a.txt"), "old");
  dslt_atomic_file file = {};
  ASSERT_EQ(dslt_atomic_open(&file, path("a.txt").c_str()), DSLT_OK);
  fputs("new", file.stream);
  dslt_atomic_abort(&file);
  dslt_atomic_abort(&file);
  EXPECT_EQ(slurp(path("a.txt")), "old");
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(AtomicFile, EndKeepsAFileOnlyWhereItsWriterSucceeded) {
  spill(path("a.txt"), "old");
  dslt_atomic_file file = {};
  ASSERT_EQ(dslt_atomic_open(&file, path("a.txt").c_str()), DSLT_OK);
  fputs("half", file.stream);
  EXPECT_EQ(dslt_atomic_end(&file, dslt_fail(DSLT_EFORMAT, "The writer's own words.")), DSLT_EFORMAT);
  EXPECT_STREQ(dslt_last_error(), "The writer's own words.");
  EXPECT_EQ(slurp(path("a.txt")), "old");
  EXPECT_EQ(file_count(), 1u);

  ASSERT_EQ(dslt_atomic_open(&file, path("a.txt").c_str()), DSLT_OK);
  fputs("whole", file.stream);
  EXPECT_EQ(dslt_atomic_end(&file, DSLT_OK), DSLT_OK);
  EXPECT_EQ(slurp(path("a.txt")), "whole");
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(AtomicFile, ReplacesAndKeepsTheUmaskMode) {
  spill(path("a.txt"), "old");
  mode_t before = umask(027);
  ASSERT_EQ(dslt_atomic_write(path("a.txt").c_str(), "new", 3), DSLT_OK);
  umask(before);
  EXPECT_EQ(slurp(path("a.txt")), "new");
  struct stat status;
  ASSERT_EQ(stat(path("a.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(AtomicFile, FollowsALinkInsteadOfReplacingIt) {
  spill(path("real.txt"), "old");
  std::filesystem::create_symlink("real.txt", path("link.txt"));
  ASSERT_EQ(dslt_atomic_write(path("link.txt").c_str(), "new", 3), DSLT_OK);
  EXPECT_TRUE(std::filesystem::is_symlink(path("link.txt")));
  EXPECT_EQ(slurp(path("real.txt")), "new");
}

TEST_F(AtomicFile, FollowsLinksToFilesThatAreNotThereYet) {
  std::filesystem::create_directory(path("deep"));
  std::filesystem::create_symlink("deep/second", path("first"));
  std::filesystem::create_symlink("real.txt", path("deep/second"));
  ASSERT_EQ(dslt_atomic_write(path("first").c_str(), "new", 3), DSLT_OK) << dslt_last_error();
  EXPECT_TRUE(std::filesystem::is_symlink(path("first")));
  EXPECT_TRUE(std::filesystem::is_symlink(path("deep/second")));
  EXPECT_EQ(slurp(path("deep/real.txt")), "new");
  std::filesystem::create_symlink(path("far.txt"), path("deep/absolute"));
  ASSERT_EQ(dslt_atomic_write(path("deep/absolute").c_str(), "far", 3), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(slurp(path("far.txt")), "far");
  std::filesystem::create_symlink("b", path("a"));
  std::filesystem::create_symlink("a", path("b"));
  dslt_atomic_file file = {};
  if (dslt_atomic_open(&file, path("a").c_str()) == DSLT_OK) dslt_atomic_abort(&file);  // ends, at least
}

// The temporary name is longer than the final one, which may be as long as names can be.
TEST_F(AtomicFile, NamesMayBeAsLongAsTheSystemAllows) {
  for (const std::string &name :
       {std::string(251, 'x') + ".csv", std::string(255, 'y'), "a." + std::string(253, 'z'),
        std::string(100, 'u') + "." + std::string(154, 'v')}) {
    ASSERT_EQ(dslt_atomic_write(path(name).c_str(), "long", 4), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(slurp(path(name)), "long");
    dslt_atomic_file file = {};
    ASSERT_EQ(dslt_atomic_open(&file, path(name).c_str()), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(std::filesystem::path(file.temp).extension() == ".csv", name[0] == 'x') << file.temp;
    dslt_atomic_abort(&file);
  }
  EXPECT_EQ(file_count(), 4u);
}

TEST_F(AtomicFile, WritesDevicesDirectly) {
  EXPECT_EQ(dslt_atomic_write("/dev/null", "gone", 4), DSLT_OK);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

// A shell's `>> log` with /dev/stdout as the name: what the log held stays, and its descriptor writes to the same file.
TEST_F(AtomicFile, ADescriptorIsWrittenWhereItStands) {
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"}) {
    spill(path("log.txt"), "earlier ");
    const int log = open(path("log.txt").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    ASSERT_GE(log, 0);
    const std::string name = folder + std::to_string(log);
    EXPECT_EQ(dslt_atomic_check(name.c_str()), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(dslt_atomic_write(name.c_str(), "new ", 4), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(write(log, "later", 5), 5);
    close(log);
    EXPECT_EQ(slurp(path("log.txt")), "earlier new later");
    EXPECT_EQ(file_count(), 1u);
  }
  const int log = open(path("log.txt").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);  // as by `>`
  ASSERT_GE(log, 0);
  EXPECT_EQ(write(log, "earlier ", 8), 8);
  std::filesystem::create_symlink("/dev/fd/" + std::to_string(log), path("link"));
  EXPECT_EQ(dslt_atomic_write(path("link").c_str(), "new ", 4), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(write(log, "later", 5), 5);
  close(log);
  EXPECT_EQ(slurp(path("log.txt")), "earlier new later");
}

TEST_F(AtomicFile, StandardOutputIsADescriptor) {
  spill(path("log.txt"), "earlier ");
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    fflush(nullptr);
    const int kept = dup(stream), log = open(path("log.txt").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    ASSERT_GE(kept, 0);
    ASSERT_GE(dup2(log, stream), 0);
    const char *name = stream == STDOUT_FILENO ? "/dev/stdout" : "/dev/stderr";
    const int rc = dslt_atomic_write(name, "new ", 4);
    dup2(kept, stream);
    close(kept);
    close(log);
    EXPECT_EQ(rc, DSLT_OK) << dslt_last_error();
  }
  EXPECT_EQ(slurp(path("log.txt")), "earlier new new ");
  EXPECT_EQ(file_count(), 1u);
}

// As a shell's >(...) or | gives it. /proc/PID/fd/N is opened by that name.
TEST_F(AtomicFile, ADescriptorMayBeAPipe) {
  for (const std::string &folder : {std::string("/dev/fd/"), std::string("/proc/self/fd/"),
                                    "/proc/" + std::to_string(getpid()) + "/fd/"}) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const std::string name = folder + std::to_string(ends[1]);
    EXPECT_EQ(dslt_atomic_check(name.c_str()), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(dslt_atomic_write(name.c_str(), "here", 4), DSLT_OK) << dslt_last_error();
    close(ends[1]);
    char text[10] = "";
    EXPECT_EQ(read(ends[0], text, 9), 4) << name;
    EXPECT_STREQ(text, "here");
    EXPECT_EQ(read(ends[0], text, 9), 0) << "a descriptor of the pipe is left open";
    close(ends[0]);
  }
}

TEST_F(AtomicFile, ADescriptorThatCannotBeWrittenIsNamed) {
  spill(path("a.txt"), "old");
  const int reads = open(path("a.txt").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(reads, 0);
  const std::string name = "/dev/fd/" + std::to_string(reads);
  EXPECT_EQ(dslt_atomic_write(name.c_str(), "new", 3), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find(name + ": descriptor"), std::string::npos)
      << dslt_last_error();
  EXPECT_NE(std::string(dslt_last_error()).find("reading only"), std::string::npos) << dslt_last_error();
  EXPECT_EQ(dslt_atomic_check(name.c_str()), DSLT_EIO);
  close(reads);
  EXPECT_EQ(dslt_atomic_write(name.c_str(), "new", 3), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find("not open"), std::string::npos) << dslt_last_error();
  EXPECT_EQ(slurp(path("a.txt")), "old");
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(AtomicFile, APipeNobodyReadsIsAnErrorAndNotAWait) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(dslt_atomic_write(path("pipe").c_str(), "gone", 4), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find("nobody reads"), std::string::npos);
  const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  EXPECT_EQ(dslt_atomic_write(path("pipe").c_str(), "here", 4), DSLT_OK) << dslt_last_error();
  char text[5] = "";
  EXPECT_EQ(read(reader, text, 4), 4);
  EXPECT_STREQ(text, "here");
  close(reader);
}

TEST_F(AtomicFile, TheCheckLeavesThePipesReaderWaiting) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(dslt_atomic_check(path("pipe").c_str()), DSLT_OK) << "its reader may come later";
  const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  std::filesystem::create_symlink("pipe", path("link"));
  for (const char *name : {"pipe", "link"}) {
    EXPECT_EQ(dslt_atomic_check(path(name).c_str()), DSLT_OK) << dslt_last_error();
    struct pollfd end = {reader, POLLIN, 0};
    EXPECT_EQ(poll(&end, 1, 0), 0) << "the reader sees the end";
  }
  EXPECT_EQ(dslt_atomic_write(path("link").c_str(), "whole", 5), DSLT_OK) << dslt_last_error();
  char text[10] = "";
  EXPECT_EQ(read(reader, text, 9), 5);
  EXPECT_STREQ(text, "whole");
  EXPECT_EQ(read(reader, text, 9), 0);
  close(reader);
}

TEST_F(AtomicFile, TheCheckRefusesWhatCannotBeWritten) {
  EXPECT_EQ(dslt_atomic_check(nullptr), DSLT_OK);
  EXPECT_EQ(dslt_atomic_check("/dev/null"), DSLT_OK);
  EXPECT_EQ(dslt_atomic_check(""), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_atomic_check(folder_.c_str()), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find("folder"), std::string::npos) << dslt_last_error();
  EXPECT_EQ(dslt_atomic_check(path("no/such/a.txt").c_str()), DSLT_EIO);
  ASSERT_EQ(mknod(path("socket").c_str(), S_IFSOCK | 0600, 0), 0);
  EXPECT_EQ(dslt_atomic_check(path("socket").c_str()), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find("socket"), std::string::npos) << dslt_last_error();
  spill(path("a.txt"), "old");
  EXPECT_EQ(dslt_atomic_check(path("a.txt").c_str()), DSLT_OK);
  EXPECT_EQ(slurp(path("a.txt")), "old");
  EXPECT_EQ(file_count(), 2u);
  if (geteuid() == 0) return;  // may write everything
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0400), 0);
  EXPECT_EQ(dslt_atomic_check(path("pipe").c_str()), DSLT_EIO);
}

TEST_F(AtomicFile, TwoWritersOfOneNameDoNotMeet) {
  dslt_atomic_file one = {}, two = {};
  ASSERT_EQ(dslt_atomic_open(&one, path("a.txt").c_str()), DSLT_OK);
  ASSERT_EQ(dslt_atomic_open(&two, path("a.txt").c_str()), DSLT_OK);
  fputs("one", one.stream);
  fputs("two", two.stream);
  EXPECT_EQ(dslt_atomic_commit(&two), DSLT_OK);
  EXPECT_EQ(dslt_atomic_commit(&one), DSLT_OK);
  EXPECT_EQ(slurp(path("a.txt")), "one");
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(AtomicFile, AWriterByNameKeepsTheExtension) {
  dslt_atomic_file file = {};
  ASSERT_EQ(dslt_atomic_open(&file, path("clip.mp4").c_str()), DSLT_OK);
  EXPECT_EQ(std::filesystem::path(file.temp).extension(), ".mp4");
  fclose(file.stream);
  file.stream = nullptr;
  spill(file.temp, "by name");
  ASSERT_EQ(dslt_atomic_commit(&file), DSLT_OK);
  EXPECT_EQ(slurp(path("clip.mp4")), "by name");
}

TEST_F(AtomicFile, NamesThePlaceThatCannotBeWritten) {
  dslt_atomic_file file = {};
  EXPECT_EQ(dslt_atomic_open(&file, path("no/such/a.txt").c_str()), DSLT_EIO);
  EXPECT_NE(std::string(dslt_last_error()).find("no/such/a.txt"), std::string::npos);
  EXPECT_EQ(dslt_atomic_open(&file, folder_.c_str()), DSLT_EIO);
  EXPECT_EQ(dslt_atomic_open(&file, ""), DSLT_EARGUMENT);
  EXPECT_EQ(file.path, nullptr);
}

// RLIMIT_FSIZE makes the kernel refuse the bytes as a full disk would.
TEST_F(AtomicFile, AFullDiskLeavesTheOldFile) {
  spill(path("a.txt"), "old");
  struct rlimit before, small;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 1000;
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string large(100000, 'x');
  int rc = dslt_atomic_write(path("a.txt").c_str(), large.data(), large.size());
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(rc, DSLT_EIO);
  EXPECT_EQ(slurp(path("a.txt")), "old");
  EXPECT_EQ(file_count(), 1u);
}

}  // namespace
