/* SPDX-License-Identifier: Apache-2.0 */
// dslt run on a disk that is really full: a small tmpfs in a mount namespace of the test's own.
#include "experiment/world.h"

namespace {

// Runs the command that follows on a disk of `$1` bytes, keeps what is there, then makes room and runs it
// again. Mounts belong to this namespace alone and go with it.
const char kScript[] = R"(
mount -t tmpfs -o size="$1" tmpfs "$2" || exit 1
disk=$2 kept=$3; shift 3
"$@" >"$kept.first.out" 2>"$kept.first.err"; first=$?
df -k "$disk" | tail -1 >"$kept.df"
cp -a "$disk/results" "$kept.full"
mount -o remount,size=16m "$disk" || exit 1
"$@" >"$kept.second.out" 2>"$kept.second.err"; second=$?
cp -a "$disk/results" "$kept.whole"
echo "$first $second" >"$kept.codes"
)";

class FullDisk : public RunTest {
 protected:
  // Whether the kernel lets this user have a mount namespace and a small disk in it.
  bool disks_are_allowed() const {
    std::filesystem::create_directory(path("probe"));
    const std::string command = "unshare --user --map-root-user --mount mount -t tmpfs -o size=4096 tmpfs " +
                                path("probe") + " >/dev/null 2>&1";
    return system(command.c_str()) == 0;
  }
  void run_on_disk(const std::string &bytes, const std::vector<std::string> &arguments) {
    std::string disk = path("disk"), script = path("script.sh");
    std::filesystem::create_directory(disk);
    spill(script, kScript);
    std::string command = "unshare --user --map-root-user --mount sh " + script + " " + bytes + " " + disk +
                          " " + path("kept") + " " + DSLT_TEST_PROGRAM;
    for (const std::string &argument : arguments) command += " " + argument;
    ASSERT_EQ(system((command + " 2> " + path("unshare.err")).c_str()), 0) << slurp(path("unshare.err"));
  }
  std::string kept(const std::string &what) const { return slurp(path("kept." + what)); }
};

TEST_F(FullDisk, FinishedSequencesStayAndTheRestFollowsOnceThereIsRoom) {
  if (!disks_are_allowed()) GTEST_SKIP() << skip::kNamespace;
  reference();
  // Pages of 4096 bytes: the manifest and some sequences with three files each, but not all five of them.
  auto command = arguments("run", path("disk/results"), {"--jobs", "1"});
  ASSERT_NO_FATAL_FAILURE(run_on_disk("36864", command));
  EXPECT_EQ(kept("codes"), "1 0\n") << kept("first.err") << kept("second.err");
  EXPECT_TRUE(contains(kept("first.err"), "No space left on device")) << kept("first.err");
  EXPECT_TRUE(contains(kept("first.err"), path("disk/results"))) << kept("first.err");

  // What was finished on the full disk is whole, and there is no torn file under a final name.
  auto expected = repeatable(reference()), full = repeatable(path("kept.full"));
  size_t sequences = 0;
  for (const auto &[name, text] : full) {
    if (name.rfind("failed/", 0) == 0) continue;
    EXPECT_EQ(expected.count(name), 1u) << name;
    EXPECT_EQ(text, expected[name]) << name;
    sequences += contains(name, ".txt");
  }
  EXPECT_GE(sequences, 1u);
  EXPECT_LT(sequences, size_t{kSequences}) << "the disk was not full: " << kept("df");

  // The second run kept them and did the rest.
  auto before = identities(path("kept.full")), now = identities(path("kept.whole"));
  EXPECT_EQ(before.size(), sequences);
  for (const auto &[name, identity] : before)
    EXPECT_EQ(now[name].second, identity.second) << name << " was done twice";
  EXPECT_TRUE(contains(kept("second.out"), "(" + std::to_string(sequences) + " by an earlier run)"))
      << kept("second.out");
  std::filesystem::remove_all(path("kept.whole/failed"));
  expect_whole(path("kept.whole"));
}

}  // namespace
