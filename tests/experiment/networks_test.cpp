/* SPDX-License-Identifier: Apache-2.0 */
// dslt ablate --paper adacfnet: networks are found by their files' names, means and deviations over seeds.
#include <jansson.h>

#include <cmath>

#include "../trackers/small_cfnet.h"
#include "experiment/networks.h"
#include "experiment/world.h"

namespace {

const dslt_study *study() {
  const dslt_study *out = nullptr;
  EXPECT_EQ(dslt_study_find(&out, "adacfnet"), DSLT_OK) << dslt_last_error();
  return out;
}

class Networks : public RunTest {
 protected:
  void put(const std::string &name, uint64_t seed, bool attention) {
    std::filesystem::create_directories(path("nets"));
    spill(path("nets/" + name), small_cfnet::network_file({seed}, attention));
  }
  void put_all() {
    for (uint64_t seed : {1, 2}) {
      const std::string tail = "-" + std::to_string(seed) + ".safetensors";
      put("cfnet" + tail, seed, false);
      put("se" + tail, seed, true);
      put("focal" + tail, seed + 4, false);
      put("se-focal" + tail, seed + 4, true);
    }
  }
  int open(dslt_network_list *list) { return dslt_network_list_open(list, study(), path("nets").c_str()); }
  // The folder is refused, and the sentence says `words`.
  void expect_refused(int code, const std::string &words) {
    dslt_network_list list;
    EXPECT_EQ(open(&list), code);
    EXPECT_TRUE(contains(dslt_last_error(), words)) << dslt_last_error();
    dslt_network_list_free(&list);
  }
  std::vector<std::string> ablate(const std::string &out, const std::vector<std::string> &more = {}) {
    std::vector<std::string> list = {"ablate",    "--paper",     "adacfnet",    "--networks", path("nets"),
                                     "--dataset", "folder",      "--root",      set(),        "--out",
                                     out,         "--sequences", "clip1,clip2", "--frames",   "3",
                                     "--backend", "cpu",         "--quiet"};
    list.insert(list.end(), more.begin(), more.end());
    return list;
  }
};

TEST_F(Networks, AreFoundByKindAndSeed) {
  put_all();
  put("se-10.safetensors", 3, true);
  spill(path("nets/notes.txt"), "ignored");
  dslt_network_list list;
  ASSERT_EQ(open(&list), DSLT_OK) << dslt_last_error();
  std::vector<std::string> names;
  for (int i = 0; i < list.count; i++) names.push_back(list.study.variants[i].name);
  EXPECT_EQ(names, (std::vector<std::string>{"cfnet-1", "cfnet-2", "se-1", "se-2", "se-10", "focal-1",
                                             "focal-2", "se-focal-1", "se-focal-2"}));
  EXPECT_EQ(list.networks[4].seed, 10);
  EXPECT_EQ(list.networks[4].weights, path("nets") + "/se-10.safetensors");
  EXPECT_STREQ(list.networks[8].kind->name, "CFNet+SE+focal");
  dslt_network_list_free(&list);
}

TEST_F(Networks, OtherFoldersAreRefused) {
  expect_refused(DSLT_EIO, "nets cannot be read");
  put_all();
  put("best-1.safetensors", 1, false);
  expect_refused(DSLT_EFORMAT, "best-1.safetensors is no network of the study");
  std::filesystem::remove(path("nets/best-1.safetensors"));
  put("focal-x.safetensors", 1, false);
  expect_refused(DSLT_EFORMAT, "one of these kinds: cfnet, se, focal, se-focal");
  std::filesystem::remove(path("nets/focal-x.safetensors"));
  put("se-01.safetensors", 1, true);
  expect_refused(DSLT_EFORMAT, "are both CFNet+SE with seed 1");
  std::filesystem::remove(path("nets/se-01.safetensors"));
  for (const char *name : {"focal-1.safetensors", "focal-2.safetensors"})
    std::filesystem::remove(path("nets/") + name);
  expect_refused(DSLT_EIO, "holds no focal-SEED.safetensors");
}

TEST_F(Networks, TooManyAreRefused) {
  std::filesystem::create_directories(path("nets"));
  for (int seed = 0; seed <= DSLT_VARIANTS_MAX; seed++)
    spill(path("nets/se-" + std::to_string(seed) + ".safetensors"), "");
  expect_refused(DSLT_EFORMAT, "more than 48 networks");
}

TEST(Spread, IsThatOfASample) {
  const double values[] = {2, 4, 9};
  const dslt_spread three = dslt_spread_of(values, 3), one = dslt_spread_of(values, 1),
                    none = dslt_spread_of(values, 0);
  EXPECT_DOUBLE_EQ(three.mean, 5);
  EXPECT_DOUBLE_EQ(three.deviation, std::sqrt((9.0 + 1 + 16) / 2));
  EXPECT_DOUBLE_EQ(one.mean, 2);
  EXPECT_TRUE(std::isnan(one.deviation));
  EXPECT_TRUE(std::isnan(none.mean));
}

TEST_F(Networks, TheTableHasMeansAndGainsOverSeeds) {
  put_all();
  const std::string out = path("out");
  Outcome outcome = run(ablate(out));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char *words : {"CFNet+SE+focal", "+3.5", "+2.1", "82.8", " +- ", "2 sequences, 6 frames"})
    EXPECT_TRUE(contains(outcome.out, words)) << words << "\n" << outcome.out;
  EXPECT_TRUE(contains(slurp(out + "/ablation.md"), "| CFNet+SE+focal "));
  json_error_t error;
  json_t *root = json_load_file((out + "/ablation.json").c_str(), 0, &error);
  ASSERT_NE(root, nullptr) << error.text;
  const json_t *variants = json_object_get(root, "variants"), *networks = json_object_get(root, "networks");
  ASSERT_EQ(json_array_size(variants), 8u);
  ASSERT_EQ(json_array_size(networks), 4u);
  auto auc = [&](size_t i) {
    return 100 * json_number_value(json_object_get(json_array_get(variants, i), "auc"));
  };
  const json_t *se = json_array_get(networks, 1), *gain = json_array_get(json_object_get(se, "gains"), 0);
  auto mean = [](const json_t *object, const char *key, const char *what = "mean") {
    return json_number_value(json_object_get(json_object_get(object, key), what));
  };
  EXPECT_NEAR(mean(se, "auc"), (auc(2) + auc(3)) / 2, 1e-6);
  EXPECT_NEAR(mean(se, "auc", "deviation"), std::fabs(auc(2) - auc(3)) / std::sqrt(2.0), 1e-6);
  EXPECT_STREQ(json_string_value(json_object_get(gain, "over")), "CFNet");
  EXPECT_NEAR(mean(gain, "auc"), (auc(2) - auc(0) + auc(3) - auc(1)) / 2, 1e-6);
  EXPECT_EQ(json_integer_value(json_object_get(gain, "pairs")), 2);
  EXPECT_GT(mean(se, "fps"), 0);
  json_decref(root);
  const std::string losses = slurp(out + "/se-1/losses/clip1.json");
  EXPECT_TRUE(contains(losses, "\"layer\": \"se1_expand\"")) << losses;
  EXPECT_FALSE(contains(slurp(out + "/cfnet-1/losses/clip1.json"), "init_channels"));
}

TEST_F(Networks, WrongCommandLines) {
  put_all();
  auto expect = [&](std::vector<std::string> list, int code, const std::string &words) {
    const Outcome outcome = run(list);
    EXPECT_EQ(outcome.code, code) << words << "\n" << outcome.err;
    EXPECT_TRUE(contains(outcome.err, words)) << words << "\n" << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(path("r")));
  };
  expect(ablate(path("r"), {"--weights", path("nets/se-1.safetensors")}), 2, "--weights names one network");
  expect(ablate(path("r"), {"--preset", "siamese"}), 2, "preset");
  expect(ablate(path("r"), {"--networks", path("none")}), 4, "none cannot be read");
  expect(ablate(path("r"), {"--paper", "crt"}), 2, "--networks is for --paper adacfnet");
  expect({"ablate", "--paper", "adacfnet", "--dataset", "folder", "--root", set(), "--out", path("r")}, 2,
         "give --networks DIR");
}

}  // namespace
