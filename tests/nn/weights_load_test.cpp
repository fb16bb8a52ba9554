/* SPDX-License-Identifier: Apache-2.0 */
// Weight files as networks: names, shapes, types, values, metadata.
#include <clocale>
#include <cmath>
#include <cstring>

#include "weights_build.h"

namespace {

int load(Weights *out, const std::string &file) {
  return dslt_weights_from_memory(&out->handle, file.data(), file.size(), "test");
}

void expect_bad(const std::string &file, const std::string &part) {
  Weights weights;
  EXPECT_FAILURE(load(&weights, file), DSLT_EWEIGHTS, part);
  EXPECT_EQ(weights.handle, nullptr);
}

std::string with_metadata(const std::string &key, const std::string &value) {
  TinyVgg vgg;
  vgg.metadata = {{key, value}};
  return vgg.to_bytes();
}

// All layers but one as TinyVgg makes them; `layer`'s weight as given.
std::string with_weight(int layer, const std::string &dtype, const std::vector<long long> &shape,
                        const std::string &bytes) {
  WeightFileBuilder file;
  const TinyVgg vgg;
  for (int i = 0; i < DSLT_VGG_CONVS; i++) {
    if (i == layer)
      file.add(vgg.name_of(i) + ".weight", dtype, shape, bytes);
    else
      vgg.add_layer(&file, i);
  }
  return file.to_bytes();
}

// ---- names that are no files ---------------------------------------------------------------------------

TEST(WeightNames, SlimIsTheFileThatShips) {
  dslt_weights *slim = nullptr, *file = nullptr;
  ASSERT_EQ(dslt_weights_load(&slim, "slim"), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_load(&file, "weights/slim.safetensors"), 0) << dslt_last_error();
  EXPECT_EQ(slim->layers, 13);
  ASSERT_EQ(slim->map_bytes, file->map_bytes);
  EXPECT_EQ(std::memcmp(slim->map, file->map, file->map_bytes), 0);
  EXPECT_LT(file->map_bytes, 8u << 20);
  dslt_weights_free(slim);
  dslt_weights_free(file);
}

TEST(WeightNames, RandomTakesAnArchAndASeed) {
  dslt_weights *named = nullptr, *made = nullptr;
  ASSERT_EQ(dslt_weights_load(&named, "random:vgg16/16:7"), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_random(&made, "vgg16/16", 7), 0);
  EXPECT_EQ(named->width[12], 32);
  EXPECT_EQ(std::memcmp(named->weight[0].data, made->weight[0].data, made->weight[0].bytes), 0);
  dslt_weights_free(named);
  dslt_weights_free(made);
  for (const char *wrong : {"random:", "random:vgg17", "random:vgg16/16:", "random:vgg16/16:-1",
                            "random:vgg16/16:x", "random:vgg16/16:99999999999999999999"}) {
    dslt_weights *none = nullptr;
    EXPECT_LT(dslt_weights_load(&none, wrong), 0) << wrong;
    EXPECT_EQ(none, nullptr);
  }
}

TEST(WeightNames, WhatNeedsNoKeysRefusesThem) {
  for (const char *name : {"slim?taps=a,b", "slim?mean=1,2,3", "random:vgg16/4?taps=a,b"}) {
    Weights weights;
    EXPECT_FAILURE(dslt_weights_load(&weights.handle, name), DSLT_EARGUMENT, "mid_layer and high_layer");
  }
  for (const char *key : {"taps=a,b", "scales=1,2"}) {
    Weights weights;
    const std::string name = std::string("weights/slim.safetensors?") + key;
    EXPECT_FAILURE(dslt_weights_load(&weights.handle, name.c_str()), DSLT_EARGUMENT,
                   "its layers are VGG-16's");
  }
}

TEST(WeightsLoad, ReadsCaffeNames) {
  Weights weights;
  const std::string file = TinyVgg().to_bytes();
  ASSERT_EQ(load(&weights, file), 0) << dslt_last_error();
  EXPECT_STREQ(weights->names, "caffe");
  EXPECT_EQ(weights->layers, 13);
  EXPECT_EQ(weights->preprocess.rgb, 0);
  EXPECT_FLOAT_EQ(weights->preprocess.mean[0], 103.939f);
  EXPECT_FLOAT_EQ(weights->preprocess.mean[2], 123.68f);
  EXPECT_EQ(weights->preprocess.deviation[1], 1);
  EXPECT_EQ(weights->preprocess.scale_low, 1);
  EXPECT_EQ(weights->given, 0u);
  for (int layer = 0; layer < 13; layer++) {
    EXPECT_EQ(weights->width[layer], 2);
    const std::vector<float> values = values_of(weights->weight[layer]);
    ASSERT_EQ(values.size(), layer == 0 ? 54u : 36u);
    EXPECT_EQ(values[8], 0.01f);
    EXPECT_EQ(values_of(weights->bias[layer]), (std::vector<float>{0.5f, 0.5f}));
  }
}

TEST(WeightsLoad, ReadsTorchNamesWithTheirConvention) {
  TinyVgg vgg;
  vgg.torch = true;
  Weights weights;
  const std::string file = vgg.to_bytes();
  ASSERT_EQ(load(&weights, file), 0) << dslt_last_error();
  EXPECT_STREQ(weights->names, "torch");
  EXPECT_EQ(weights->preprocess.rgb, 1);
  EXPECT_NEAR(weights->preprocess.mean[0], 123.675, 1e-4);
  EXPECT_NEAR(weights->preprocess.deviation[2], 57.375, 1e-4);
}

TEST(WeightsLoad, IgnoresOtherTensors) {
  WeightFileBuilder file = TinyVgg().builder();
  file.add("classifier.0.weight", "I64", {1}, std::string(8, 'x'));
  Weights weights;
  const std::string bytes = file.to_bytes();
  EXPECT_EQ(load(&weights, bytes), 0) << dslt_last_error();
}

TEST(WeightsLoad, AcceptsUnalignedData) {
  WeightFileBuilder file;
  file.add("odd", "U8", {1}, "x");
  for (int layer = 0; layer < 13; layer++) TinyVgg().add_layer(&file, layer);
  std::string bytes = file.to_bytes();
  Weights weights;
  ASSERT_EQ(load(&weights, bytes), 0) << dslt_last_error();
  EXPECT_EQ(values_of(weights->weight[12])[8], 0.01f);
}

TEST(WeightsLoad, AcceptsAbsentBiases) {
  WeightFileBuilder file;
  for (int layer = 0; layer < 13; layer++) {
    const int in = layer == 0 ? 3 : 1;
    file.add(TinyVgg().name_of(layer) + ".weight", "F32", {1, in, 3, 3},
             float_bytes(std::vector<float>(static_cast<size_t>(in) * 9, 0.5f)));
  }
  Weights weights;
  const std::string bytes = file.to_bytes();
  ASSERT_EQ(load(&weights, bytes), 0) << dslt_last_error();
  EXPECT_EQ(weights->bias[3].data, nullptr);
}

TEST(WeightsLoad, AcceptsPartialFiles) {
  TinyVgg vgg;
  vgg.layers = 7;
  WeightFileBuilder file = vgg.builder();
  file.add("conv5_3.bias", "F32", {1}, float_bytes({1})); /* without its weights it is nobody's */
  Weights weights;
  const std::string bytes = file.to_bytes();
  ASSERT_EQ(load(&weights, bytes), 0) << dslt_last_error();
  EXPECT_EQ(weights->layers, 7);
  EXPECT_EQ(weights->weight[7].data, nullptr);
  EXPECT_EQ(weights->bias[12].data, nullptr);
  EXPECT_EQ(weights->width[7], 0);
  char arch[DSLT_ARCH_MAX];
  dslt_weights_arch(arch, sizeof arch, weights.handle);
  EXPECT_STREQ(arch, "vgg16 widths 2,2,2,2,2,2,2 up to conv3_3");
}

TEST(WeightsLoad, RejectsTooFewLayers) {
  TinyVgg vgg;
  vgg.layers = 6;
  expect_bad(vgg.to_bytes(), "ends after conv3_2");
}

TEST(WeightsLoad, RejectsGaps) {
  WeightFileBuilder file;
  for (int layer = 0; layer < 13; layer++) {
    if (layer != 7) TinyVgg().add_layer(&file, layer);
  }
  expect_bad(file.to_bytes(), "conv4_2.weight but not conv4_1.weight");
}

TEST(WeightsLoad, RejectsBothNames) {
  WeightFileBuilder file = TinyVgg().builder();
  TinyVgg torch;
  torch.torch = true;
  torch.add_layer(&file, 0);
  expect_bad(file.to_bytes(), "both features.0.weight and conv1_1.weight");
}

TEST(WeightsLoad, RejectsOtherNetworks) {
  WeightFileBuilder file;
  file.add("stem.conv.weight", "F32", {1}, float_bytes({1}));
  expect_bad(file.to_bytes(), "its first tensor is stem.conv.weight");
  expect_bad(weight_file("{}", ""), "it is empty");
}

TEST(WeightsLoad, RejectsWrongTypeOnNeededTensor) {
  expect_bad(with_weight(4, "F64", {2, 2, 3, 3}, std::string(36 * 8, '\0')), "conv3_1.weight is F64");
}

TEST(WeightsLoad, RejectsWrongShapes) {
  expect_bad(with_weight(4, "F32", {2, 3, 3, 3}, std::string(54 * 4, '\0')),
             "conv3_1.weight has the shape [2, 3, 3, 3]");
  expect_bad(with_weight(4, "F32", {2, 2, 3, 1}, std::string(12 * 4, '\0')), "[1..4096, 2, 3, 3]");
  expect_bad(with_weight(4, "F32", {36}, std::string(36 * 4, '\0')), "[36]");
  expect_bad(with_weight(4, "F32", {1, 2, 2, 3, 3}, std::string(36 * 4, '\0')), "[1, 2, 2, 3, ...]");
  expect_bad(with_weight(0, "F32", {2, 1, 3, 3}, std::string(18 * 4, '\0')), "[1..4096, 3, 3, 3]");
  expect_bad(with_weight(0, "F32", {0, 3, 3, 3}, ""), "conv1_1.weight has the shape [0, 3, 3, 3]");
  expect_bad(with_weight(0, "F16", {4097, 3, 3, 3}, std::string(4097 * 54, '\0')), "[4097, 3, 3, 3]");
}

TEST(WeightsLoad, RejectsWrongBias) {
  TinyVgg vgg;
  vgg.layers = 12;
  WeightFileBuilder file = vgg.builder();
  file.add("conv5_3.weight", "F32", {2, 2, 3, 3}, std::string(36 * 4, '\0'));
  file.add("conv5_3.bias", "F32", {3}, float_bytes({1, 2, 3}));
  expect_bad(file.to_bytes(), "conv5_3.bias has the shape [3]; it needs [2]");
}

TEST(WeightsLoad, RejectsNanAndInfinity) {
  std::vector<float> values(36, 0.5f);
  values[35] = NAN;
  expect_bad(with_weight(12, "F32", {2, 2, 3, 3}, float_bytes(values)),
             "conv5_3.weight holds NaN at element 35");
  values[35] = -INFINITY;
  expect_bad(with_weight(12, "F32", {2, 2, 3, 3}, float_bytes(values)), "conv5_3.weight holds infinity");
  std::string half(72, '\0');
  half[1] = '\x7c'; /* 0x7c00 */
  expect_bad(with_weight(12, "F16", {2, 2, 3, 3}, half), "conv5_3.weight holds infinity at element 0");
}

TEST(WeightsLoad, ReadsMetadata) {
  TinyVgg vgg;
  vgg.metadata = {{"dslt.channel_order", "rgb"}, {"dslt.mean", "1,2.5, 3"},   {"dslt.deviation", "4,5,6"},
                  {"dslt.scale_low", "0.25"},    {"dslt.scale_high", "1e-2"}, {"dslt.source", "here"},
                  {"dslt.license", "CC0"}};
  Weights weights;
  const std::string file = vgg.to_bytes();
  ASSERT_EQ(load(&weights, file), 0) << dslt_last_error();
  EXPECT_EQ(weights->preprocess.rgb, 1);
  EXPECT_EQ(weights->preprocess.mean[0], 1.0f);
  EXPECT_EQ(weights->preprocess.mean[1], 2.5f);
  EXPECT_EQ(weights->preprocess.mean[2], 3.0f);
  EXPECT_EQ(weights->preprocess.deviation[2], 6.0f);
  EXPECT_EQ(weights->preprocess.scale_low, 0.25f);
  EXPECT_EQ(weights->preprocess.scale_high, 0.01f);
  EXPECT_STREQ(weights->source, "here");
  EXPECT_STREQ(weights->license, "CC0");
  EXPECT_EQ(weights->given, 31u);
}

TEST(WeightsLoad, OrderAloneTurnsTheConvention) {
  Weights weights;
  const std::string file = with_metadata("dslt.channel_order", "rgb");
  ASSERT_EQ(load(&weights, file), 0) << dslt_last_error();
  EXPECT_FLOAT_EQ(weights->preprocess.mean[0], 123.68f);
  EXPECT_FLOAT_EQ(weights->preprocess.mean[2], 103.939f);
  EXPECT_EQ(weights->given, static_cast<unsigned>(DSLT_GIVEN_ORDER));
}

TEST(WeightsLoad, ReadsMetadataInAnyLocale) {
  const char *found = nullptr;
  for (const char *name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"}) {
    if (!found) found = setlocale(LC_NUMERIC, name);
  }
  if (!found) GTEST_SKIP() << skip::kCommaLocale;
  Weights weights;
  const std::string file = with_metadata("dslt.mean", "103.5,1.5,2.5");
  const int rc = load(&weights, file);
  setlocale(LC_NUMERIC, "C");
  ASSERT_EQ(rc, 0) << dslt_last_error();
  EXPECT_EQ(weights->preprocess.mean[0], 103.5f);
}

TEST(WeightsLoad, BadMetadataNamesTheKey) {
  for (const char *value : {"", "BGR", "grb", "rgb "})
    expect_bad(with_metadata("dslt.channel_order", value), "dslt.channel_order");
  for (const char *value :
       {"", "1,2", "1,2,3,4", "1,2,x", "1,2,nan", "1,2,inf", "1,2,256", "-1,2,3", "1,2,3 4", "1;2;3"})
    expect_bad(with_metadata("dslt.mean", value), "dslt.mean");
  for (const char *value : {"0,1,1", "1,-1,1", "1,1,1e300", "1"})
    expect_bad(with_metadata("dslt.deviation", value), "dslt.deviation");
  for (const char *value : {"0", "-1", "nan", "1,1", "one"}) {
    expect_bad(with_metadata("dslt.scale_low", value), "dslt.scale_low");
    expect_bad(with_metadata("dslt.scale_high", value), "dslt.scale_high");
  }
}

TEST(WeightsLoad, ConvertsHalfPrecision) {
  const unsigned char half[] = {0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00,
                                0x00, 0x04, 0xff, 0x03, 0x00, 0x80, 0x55, 0x35};
  const dslt_tensor_view view = {half, DSLT_DTYPE_F16, 1, {8}, sizeof half};
  const std::vector<float> values = values_of(view);
  EXPECT_EQ(values[0], 1.0f);
  EXPECT_EQ(values[1], -2.0f);
  EXPECT_EQ(values[2], 65504.0f);
  EXPECT_EQ(values[3], std::ldexp(1.0f, -24));
  EXPECT_EQ(values[4], std::ldexp(1.0f, -14));
  EXPECT_EQ(values[5], std::ldexp(1023.0f, -24));
  EXPECT_TRUE(values[6] == 0 && std::signbit(values[6]));
  EXPECT_EQ(values[7], 0.333251953125f);
}

TEST(WeightsLoad, ConvertsBfloat16FromAnyElement) {
  const unsigned char bytes[] = {0x80, 0x3f, 0x00, 0xc0, 0x01, 0x00};
  const dslt_tensor_view view = {bytes, DSLT_DTYPE_BF16, 1, {3}, sizeof bytes};
  float values[2];
  dslt_tensor_to_f32(values, &view, 1, 2);
  EXPECT_EQ(values[0], -2.0f);
  EXPECT_EQ(values[1], std::ldexp(1.0f, -133));
}

TEST(WeightsLoad, RejectsNull) {
  Weights weights;
  EXPECT_EQ(dslt_weights_load(&weights.handle, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_weights_load(nullptr, "x"), DSLT_EARGUMENT);
  EXPECT_EQ(dslt_weights_from_memory(&weights.handle, nullptr, 0, "x"), DSLT_EARGUMENT);
  dslt_weights_free(nullptr);
}

using WeightsLoadFile = WeightFolder;

TEST_F(WeightsLoadFile, MapsTheFile) {
  const std::string path = write_file("good.safetensors", TinyVgg().to_bytes());
  Weights weights;
  ASSERT_EQ(dslt_weights_load(&weights.handle, path.c_str()), 0) << dslt_last_error();
  EXPECT_EQ(weights->mapped, 1);
  EXPECT_EQ(weights->path, path);
  EXPECT_EQ(weights->map_bytes, TinyVgg().to_bytes().size());
  EXPECT_EQ(values_of(weights->bias[12])[1], 0.5f);
}

TEST_F(WeightsLoadFile, RejectsEmptyFile) {
  Weights weights;
  EXPECT_FAILURE(dslt_weights_load(&weights.handle, write_file("empty", "").c_str()), DSLT_EFORMAT, "empty");
}

TEST_F(WeightsLoadFile, RejectsFolder) {
  Weights weights;
  EXPECT_FAILURE(dslt_weights_load(&weights.handle, folder_.c_str()), DSLT_EIO, "folder");
}

TEST_F(WeightsLoadFile, RejectsMissingFile) {
  Weights weights;
  EXPECT_FAILURE(dslt_weights_load(&weights.handle, in_folder("none").c_str()), DSLT_EIO, "No such file");
}

TEST_F(WeightsLoadFile, RejectsPipeWithoutWaiting) {
  const std::string path = in_folder("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  Weights weights;
  EXPECT_FAILURE(dslt_weights_load(&weights.handle, path.c_str()), DSLT_EIO, "not a regular file");
}

TEST_F(WeightsLoadFile, SentenceNamesTheFile) {
  TinyVgg vgg;
  vgg.layers = 3;
  const std::string path = write_file("short.safetensors", vgg.to_bytes());
  Weights weights;
  EXPECT_FAILURE(dslt_weights_load(&weights.handle, path.c_str()), DSLT_EWEIGHTS,
                 path + ": It ends after conv2_1");
}

}  // namespace
