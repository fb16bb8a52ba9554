/* SPDX-License-Identifier: Apache-2.0 */
// SHA-256 of layers, against the real weights where they are at hand.
#include <map>

#include "weights_build.h"

namespace {

uint32_t Number(const std::string &bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = count - 1; i >= 0; i--)
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + static_cast<size_t>(i)));
  return value;
}

// Raw data of the float32 arrays in a .npz whose members are stored, not deflated: name -> bytes.
std::map<std::string, std::string> read_stored_npz(const std::string &zip) {
  std::map<std::string, std::string> arrays;
  const size_t end = zip.rfind("PK\x05\x06");
  size_t at = Number(zip, end + 16, 4);
  for (uint32_t i = 0; i < Number(zip, end + 10, 2); i++) {
    EXPECT_EQ(Number(zip, at + 10, 2), 0u) << "a deflated member";
    const size_t size = Number(zip, at + 20, 4), name_length = Number(zip, at + 28, 2);
    const size_t local = Number(zip, at + 42, 4);
    const std::string name = zip.substr(at + 46, name_length);
    const size_t npy = local + 30 + Number(zip, local + 26, 2) + Number(zip, local + 28, 2);
    const size_t header = 10 + Number(zip, npy + 8, 2);
    arrays[name.substr(0, name.size() - 4)] = zip.substr(npy + header, size - header);
    at += 46 + name_length + Number(zip, at + 30, 2) + Number(zip, at + 32, 2);
  }
  return arrays;
}

// [out, in, 3, 3] with the input's channels turned round.
std::string turn_input(const std::string &bytes, size_t out) {
  std::string turned;
  for (size_t o = 0; o < out; o++) {
    for (size_t c = 3; c-- > 0;) turned += bytes.substr((o * 3 + c) * 36, 36);
  }
  return turned;
}

bool hashes_work() {
  char hex[65];
  return dslt_sha256(hex, "", 0) != DSLT_EUNSUPPORTED;
}

#define SKIP_WITHOUT_HASHES() \
  if (!hashes_work()) GTEST_SKIP() << skip::kSha256

TEST(WeightsHash, IsSha256) {
  SKIP_WITHOUT_HASHES();
  char hex[65];
  ASSERT_EQ(dslt_sha256(hex, "abc", 3), 0); /* FIPS 180-2, appendix B.1 */
  EXPECT_STREQ(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  ASSERT_EQ(dslt_sha256(hex, "", 0), 0);
  EXPECT_STREQ(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(WeightsHash, SaysWhenTheBuildHasNone) {
  if (hashes_work()) GTEST_SKIP() << skip::kWithSha256;
  char hex[65];
  EXPECT_FAILURE(dslt_sha256(hex, "", 0), DSLT_EUNSUPPORTED, "libssl-dev");
  EXPECT_EQ(dslt_weights_layer_sha256(hex, nullptr, 0, 0), DSLT_EUNSUPPORTED);
}

TEST(WeightsHash, TableIsTheOneInFacts) {
  std::ifstream facts(DSLT_TEST_SHARED "/facts/vgg16_layer_sha256.tsv");
  if (!facts) GTEST_SKIP() << skip::kShared << DSLT_TEST_SHARED "/facts/vgg16_layer_sha256.tsv";
  std::string line;
  std::getline(facts, line);
  int rows = 0;
  while (std::getline(facts, line)) {
    const std::string name = line.substr(0, line.find('\t')), hash = line.substr(name.size() + 1, 64);
    for (int layer = 0; layer < 13; layer++) {
      if (name.rfind(dslt_vgg_layers[layer].caffe, 0) != 0) continue;
      EXPECT_EQ(dslt_vgg16_layer_sha256(layer, name.back() == 'b'), hash) << name;
      rows++;
    }
  }
  EXPECT_EQ(rows, 26);
  EXPECT_EQ(dslt_vgg16_layer_sha256(13, 0), nullptr);
  EXPECT_EQ(dslt_vgg16_layer_sha256(-1, 1), nullptr);
}

TEST(WeightsHash, RecognisesTheRealBlocksOneAndTwo) {
  SKIP_WITHOUT_HASHES();
  const std::string path = DSLT_TEST_SHARED "/data/weights/vgg16_conv1to3.npz";
  std::ifstream stream(path, std::ios::binary);
  if (!stream) GTEST_SKIP() << skip::kShared << path;
  std::ostringstream zip;
  zip << stream.rdbuf();
  const auto arrays = read_stored_npz(zip.str());

  for (bool rgb : {false, true}) {
    WeightFileBuilder builder;
    if (rgb) builder.set_metadata("dslt.channel_order", "rgb");
    int in = 3;
    for (int layer = 0; layer < 7; layer++) {
      const std::string name = dslt_vgg_layers[layer].caffe;
      const int out = dslt_vgg_layers[layer].width;
      std::string weight = arrays.at(name + "_w");
      if (rgb && layer == 0) weight = turn_input(weight, static_cast<size_t>(out));
      builder.add(name + ".weight", "F32", {out, in, 3, 3}, weight);
      builder.add(name + ".bias", "F32", {out}, arrays.at(name + "_b"));
      in = out;
    }
    const std::string file = builder.to_bytes();
    Weights weights;
    ASSERT_EQ(dslt_weights_from_memory(&weights.handle, file.data(), file.size(), "npz"), 0)
        << dslt_last_error();
    for (int layer = 0; layer < 7; layer++) {
      char hex[65];
      ASSERT_EQ(dslt_weights_layer_sha256(hex, weights.handle, layer, 0), 0) << dslt_last_error();
      // Block 3 is dequantised there, so it must be told apart.
      EXPECT_EQ(hex == std::string(dslt_vgg16_layer_sha256(layer, 0)), layer < 4)
          << dslt_vgg_layers[layer].caffe;
    }
  }
}

TEST(WeightsHash, HashesTheDocumentedBytes) {
  SKIP_WITHOUT_HASHES();
  const std::string file = TinyVgg().to_bytes();
  Weights weights;
  ASSERT_EQ(dslt_weights_from_memory(&weights.handle, file.data(), file.size(), "x"), 0) << dslt_last_error();
  // A bias, of which there is no original at hand: an 80-byte header, then the values.
  std::string npy("\x93NUMPY\x01\x00\x46\x00", 10);
  npy += "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  npy.resize(79, ' ');
  npy += "\n" + float_bytes({0.5f, 0.5f});
  char expected[65], hex[65];
  ASSERT_EQ(dslt_sha256(expected, npy.data(), npy.size()), 0);
  ASSERT_EQ(dslt_weights_layer_sha256(hex, weights.handle, 4, 1), 0) << dslt_last_error();
  EXPECT_STREQ(hex, expected);
}

TEST(WeightsHash, RejectsAbsentLayers) {
  SKIP_WITHOUT_HASHES();
  TinyVgg vgg;
  vgg.layers = 7;
  const std::string file = vgg.to_bytes();
  Weights weights;
  ASSERT_EQ(dslt_weights_from_memory(&weights.handle, file.data(), file.size(), "x"), 0) << dslt_last_error();
  char hex[65];
  EXPECT_FAILURE(dslt_weights_layer_sha256(hex, weights.handle, 7, 0), DSLT_EARGUMENT, "7 layers");
  EXPECT_EQ(dslt_weights_layer_sha256(hex, weights.handle, -1, 0), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_weights_layer_sha256(hex, nullptr, 0, 0), DSLT_EARGUMENT);
}

}  // namespace
