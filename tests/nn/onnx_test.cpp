/* SPDX-License-Identifier: Apache-2.0 */
// ONNX files as weights: what is read, and what is said of what is not. That the results are right is
// bench/networks/compare.py's affair, beside onnxruntime.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>

#include "nn/backbone.h"
#include "nn/network.h"
#include "onnx_build.h"
#include "scratch.h"
#include "skip.h"

using namespace onnx_build;

namespace {

struct Free {
  void operator()(dslt_network *n) const { dslt_network_free(n); }
  void operator()(dslt_weights *w) const { dslt_weights_free(w); }
};

class Onnx : public testing::Test {
 protected:
  void SetUp() override {
    if (!DSLT_ONNX) GTEST_SKIP() << skip::kOnnx;
  }
  int read(const std::string &file) {
    dslt_network *out = nullptr;
    const int rc = dslt_network_from_onnx(&out, file.data(), file.size(), "model.onnx", nullptr, nullptr);
    network.reset(out);
    error = rc < 0 ? dslt_last_error() : "";
    return rc;
  }
  // Why the model's output cannot be computed.
  std::string refusal(const std::string &graph, const std::vector<std::int64_t> &input = {1, 3, 0, 0}) {
    EXPECT_EQ(read(model(graph, input)), DSLT_OK) << error;
    if (!network) return "";
    std::vector<unsigned char> needed(std::size_t(network->graph.layers));
    const int last = network->graph.layers - 1;
    EXPECT_EQ(dslt_graph_needed(needed.data(), &network->graph, &last, 1), DSLT_EWEIGHTS);
    return dslt_last_error();
  }
  const dslt_node &layer(int index) { return network->graph.layer[index]; }

  std::unique_ptr<dslt_network, Free> network;
  std::string error;
};

const std::vector<float> kKernel(4 * 3 * 9, 0.5f);
std::string conv(const std::string &from, const std::string &to, const std::string &attributes = "") {
  return node("Conv", {from, "w"}, to, attributes + of_ints("pads", {1, 1, 1, 1})) +
         tensor("w", {4, 3, 3, 3}, kKernel);
}

TEST_F(Onnx, AConvolutionIsALayerWithItsActivationInside) {
  ASSERT_EQ(read(model(conv("x", "c", of_ints("strides", {2, 1}) + of_ints("dilations", {1, 1})) +
                       node("Relu", {"c"}, "y"))),
            DSLT_OK)
      << error;
  ASSERT_EQ(network->graph.layers, 2);
  EXPECT_STREQ(layer(1).name, "y");
  EXPECT_EQ(layer(1).kind, DSLT_LAYER_CONV);
  EXPECT_EQ(layer(1).activation, DSLT_ACTIVATION_RELU);
  EXPECT_EQ(layer(1).stride[0], 2);
  EXPECT_EQ(layer(1).stride[1], 1);
  EXPECT_EQ(layer(1).channels, 4);
}

TEST_F(Onnx, NormalisationIsFolded) {
  const std::vector<float> scale{2, 2, 2, 2}, shift{1, 1, 1, 1}, mean{3, 3, 3, 3}, variance{4, 4, 4, 4};
  ASSERT_EQ(read(model(conv("x", "c") +
                       node("BatchNormalization", {"c", "s", "b", "m", "v"}, "y", of_float("epsilon", 0)) +
                       tensor("s", {4}, scale) + tensor("b", {4}, shift) + tensor("m", {4}, mean) +
                       tensor("v", {4}, variance))),
            DSLT_OK)
      << error;
  ASSERT_EQ(network->graph.layers, 2);
  float weight, bias;
  dslt_tensor_to_f32(&weight, &network->weight[1], 0, 1);
  dslt_tensor_to_f32(&bias, &network->bias[1], 0, 1);
  EXPECT_FLOAT_EQ(weight, 0.5f * 2 / 2);
  EXPECT_FLOAT_EQ(bias, 1 - 3.0f * 2 / 2);
}

// x * clip(x + 3, 0, 6) / 6, as exporters without the operator write it.
TEST_F(Onnx, HardSwishIsFoundInItsParts) {
  ASSERT_EQ(read(model(conv("x", "c") + tensor("three", {}, {3}) + tensor("six", {}, {6}) +
                       node("Add", {"c", "three"}, "a") +
                       node("Clip", {"a"}, "b", of_float("min", 0) + of_float("max", 6)) +
                       node("Div", {"b", "six"}, "d") + node("Mul", {"c", "d"}, "y"))),
            DSLT_OK)
      << error;
  const dslt_node &last = layer(network->graph.layers - 1);
  EXPECT_EQ(last.activation, DSLT_ACTIVATION_HARD_SWISH);
  EXPECT_STREQ(last.name, "y");
}

TEST_F(Onnx, MetadataSaysHowItIsFedAndTapped) {
  const std::string path = testing::TempDir() + "dslt_tapped.onnx";
  const std::string file =
      model(conv("x", "low", of_ints("strides", {4, 4})) +
                node("MaxPool", {"low"}, "y", of_ints("kernel_shape", {2, 2}) + of_ints("strides", {2, 2})),
            {1, 3, 0, 0},
            entry("dslt.taps", "y,low") + entry("dslt.channel_order", "bgr") + entry("dslt.scales", "2,3"));
  std::ofstream(path, std::ios::binary) << file;
  dslt_weights *loaded = nullptr;
  ASSERT_EQ(dslt_weights_load(&loaded, path.c_str()), DSLT_OK) << dslt_last_error();
  const std::unique_ptr<dslt_weights, Free> weights(loaded);
  ASSERT_EQ(weights->network->taps, 2);
  EXPECT_EQ(weights->preprocess.rgb, 0);
  const dslt_backbone_spec options = {2, {DSLT_CONV4_3, DSLT_CONV5_3}, 1, 1, 1.0};
  dslt_tap_list taps;
  ASSERT_EQ(dslt_backbone_taps(&taps, weights.get(), &options), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(taps.count, 2);
  EXPECT_EQ(taps.tap[0].stride, 4);  // the finer one comes first, whatever the order of the names
  EXPECT_EQ(taps.tap[1].stride, 8);
  EXPECT_EQ(taps.tap[0].channels, 4);
  // The same network in our own format.
  const std::string saved = testing::TempDir() + "dslt_tapped.safetensors";
  ASSERT_EQ(dslt_weights_save(weights.get(), saved.c_str(), DSLT_DTYPE_F32), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(dslt_weights_load(&loaded, saved.c_str()), DSLT_OK) << dslt_last_error();
  const std::unique_ptr<dslt_weights, Free> again(loaded);
  ASSERT_EQ(again->network->graph.layers, weights->network->graph.layers);
  EXPECT_EQ(again->network->scale[1], weights->network->scale[1]);
  EXPECT_EQ(again->network->tap[0], weights->network->tap[0]);
  for (int i = 0; i < again->network->graph.layers; ++i) {
    const dslt_node &a = weights->network->graph.layer[i], &b = again->network->graph.layer[i];
    EXPECT_STREQ(a.name, b.name);
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(std::memcmp(a.pad, b.pad, sizeof a.pad), 0);
    EXPECT_EQ(std::memcmp(a.stride, b.stride, sizeof a.stride), 0);
  }
  std::remove(path.c_str());
  std::remove(saved.c_str());
}

// What the file does not say stands behind its name, and goes before what it does say.
TEST_F(Onnx, KeysBehindTheNameGoFirst) {
  const std::string path = testing::TempDir() + "dslt_behind.onnx";
  std::ofstream(path, std::ios::binary) << model(
      conv("x", "low", of_ints("strides", {4, 4})) + node("Relu", {"low"}, "r") + node("Relu", {"r"}, "y"),
      {1, 3, 0, 0}, entry("dslt.taps", "nothing"));
  dslt_weights *loaded = nullptr;
  EXPECT_EQ(dslt_weights_load(&loaded, path.c_str()), DSLT_EWEIGHTS);
  EXPECT_NE(std::string(dslt_last_error()).find("no layer \"nothing\""), std::string::npos)
      << dslt_last_error();
  ASSERT_EQ(dslt_weights_load(&loaded, (path + "?taps=y&mean=1,2,3&scales=4").c_str()), DSLT_OK)
      << dslt_last_error();
  EXPECT_EQ(loaded->network->taps, 1);
  EXPECT_EQ(loaded->network->scale[0], 4);
  EXPECT_EQ(loaded->preprocess.mean[1], 2);
  dslt_weights_free(loaded);
  // Without scales they are measured: values of about 20.
  ASSERT_EQ(dslt_weights_load(&loaded, (path + "?taps=y").c_str()), DSLT_OK) << dslt_last_error();
  EXPECT_GT(loaded->network->scale[0], 0);
  EXPECT_NE(loaded->network->scale[0], 1);
  dslt_weights_free(loaded);
  for (const char *wrong : {"?tap=y", "?taps", "?taps=y&colour=1"})
    EXPECT_EQ(dslt_weights_load(&loaded, (path + wrong).c_str()), DSLT_EARGUMENT) << wrong;
  std::remove(path.c_str());
}

// ---- what is refused ----------------------------------------------------------------------------------

struct Refused {
  const char *name;
  std::string graph;
  const char *sentence;
};
void PrintTo(const Refused &r, std::ostream *out) { *out << r.name; }

class OnnxRefusal : public Onnx, public testing::WithParamInterface<Refused> {};

TEST_P(OnnxRefusal, NamesTheOperatorAndTheReason) {
  EXPECT_NE(refusal(GetParam().graph).find(GetParam().sentence), std::string::npos) << dslt_last_error();
}

const std::string kFour = tensor("four", {4}, {1, 1, 1, 1}), kTwo = of_ints("kernel_shape", {2, 2});

INSTANTIATE_TEST_SUITE_P(
    Operators, OnnxRefusal,
    testing::Values(
        Refused{"unknown", node("Softmax", {"x"}, "y"), "operator Softmax: it is not supported"},
        Refused{"behind", node("Softmax", {"x"}, "s") + node("Relu", {"s"}, "y"), "operator Softmax"},
        Refused{"domain", bytes(1, bytes(1, "x") + bytes(2, "y") + bytes(4, "Conv") + bytes(7, "mine")),
                "of the domain mine"},
        Refused{"convOfNothing", node("Conv", {}, "y"), "no constants"},
        Refused{"convNoWeights", node("Conv", {"x", "x"}, "y"), "its weights are no constants"},
        Refused{"conv1d", node("Conv", {"x", "w"}, "y") + tensor("w", {4, 3, 1}, std::vector<float>(12)),
                "have 3 dimensions"},
        Refused{"convChannels",
                node("Conv", {"x", "w"}, "y") + tensor("w", {4, 2, 1, 1}, std::vector<float>(8)),
                "for 2 input channels, and there are 3"},
        Refused{"convGroups",
                node("Conv", {"x", "w"}, "y", of_int("group", 3)) +
                    tensor("w", {4, 1, 1, 1}, std::vector<float>(4)),
                "do not fit each other"},
        Refused{"convStrides", conv("x", "y", of_ints("strides", {1, 1, 1})),
                "not those of maps of two dimensions"},
        Refused{"convPads", conv("x", "y", of_ints("pads", {-1, 0, 0, 0})),
                "not those of maps of two dimensions"},
        Refused{"convKernel", conv("x", "y", of_ints("kernel_shape", {5, 5})), "not that of its weights"},
        Refused{"convAutoPad", conv("x", "y", of_text("auto_pad", "SIDEWAYS")), "auto_pad is none of"},
        Refused{"poolDilated", node("MaxPool", {"x"}, "y", kTwo + of_ints("dilations", {2, 2})), "dilations"},
        Refused{"poolKernel", node("MaxPool", {"x"}, "y"), "it has no kernel_shape"},
        Refused{"poolPadding", node("MaxPool", {"x"}, "y", kTwo + of_ints("pads", {2, 2, 2, 2})),
                "do not fit each other"},
        Refused{"lrnSize", node("LRN", {"x"}, "y", of_int("size", 4)), "its size must be odd"},
        Refused{"clip", node("Clip", {"x"}, "y", of_float("min", -1) + of_float("max", 1)),
                "these are -1 and 1"},
        Refused{"hardSigmoid", node("HardSigmoid", {"x"}, "y", of_float("beta", 0.25f)), "beta of 0.5"},
        Refused{"addOfFour", node("Add", {"x", "four"}, "y") + kFour,
                "neither one value nor one for each of 3"},
        Refused{"divByMap", node("Div", {"three", "x"}, "y") + tensor("three", {}, {3}), "divided by a map"},
        Refused{"divByZero", node("Div", {"x", "zero"}, "y") + tensor("zero", {}, {0}), "or a map by 0"},
        Refused{"subOfMaps", node("Relu", {"x"}, "r") + node("Sub", {"r", "x"}, "y"), "with constants only"},
        Refused{"sumOfChannels", conv("x", "c") + node("Add", {"c", "x"}, "y"), "4 and 3 channels"},
        Refused{"concatAxis", node("Concat", {"x", "x"}, "y", of_int("axis", 2)), "only channels"},
        Refused{"normalise", node("BatchNormalization", {"x", "x", "x", "x", "x"}, "y"),
                "statistics are no constants"},
        Refused{"reshape", node("Reshape", {"x", "s"}, "y") + integers("s", {1, 3, 5, 7, 2}),
                "only flattening"},
        Refused{"flattenAxis", node("Flatten", {"x"}, "y", of_int("axis", 2)), "only axis 1"},
        Refused{"gemmFeatures",
                node("Flatten", {"x"}, "f") + node("Gemm", {"f", "w"}, "y") +
                    tensor("w", {7, 2}, std::vector<float>(14)),
                "its 7 features are not those"},
        Refused{"resizeFactor", node("Resize", {"x", "", "s"}, "y") + tensor("s", {4}, {1, 1, 1.5f, 2}),
                "only whole factors"},
        Refused{
            "resizeMode",
            node("Resize", {"x", "", "s"}, "y", of_text("mode", "cubic")) + tensor("s", {4}, {1, 1, 2, 2}),
            "only the modes nearest and linear"},
        Refused{"resizeCorners",
                node("Resize", {"x", "", "s"}, "y",
                     of_text("mode", "linear") + of_text("coordinate_transformation_mode", "align_corners")) +
                    tensor("s", {4}, {1, 1, 2, 2}),
                "coordinate_transformation_mode"},
        Refused{"padMode",
                node("Pad", {"x", "p"}, "y", of_text("mode", "reflect")) +
                    integers("p", {0, 0, 1, 1, 0, 0, 1, 1}),
                "only constant zeros"},
        Refused{"padBefore",
                node("Pad", {"x", "p"}, "q") + integers("p", {0, 0, 1, 1, 0, 0, 1, 1}) +
                    node("MaxPool", {"q"}, "y", kTwo),
                "only taken before a convolution"},
        Refused{"meanAxes", node("ReduceMean", {"x"}, "y", of_ints("axes", {1})), "means over whole maps"}),
    [](const auto &parameter) { return std::string(parameter.param.name); });

const std::string kThree = tensor("three", {}, {3}), kPads = integers("p", {0, 0, 1, 1, 0, 0, 1, 1});
const std::string kNothing = node("Softmax", {"x"}, "s");

std::string gemm(const std::string &attributes, const std::vector<std::string> &inputs) {
  return node("GlobalAveragePool", {"x"}, "g") + node("Flatten", {"g"}, "f") +
         node("Gemm", inputs, "y", attributes) + tensor("w", {3, 2}, std::vector<float>(6)) +
         tensor("b", {2}, {1, 2}) + tensor("long", {3}, {1, 2, 3});
}
std::string batch_norm(const std::string &from, const std::vector<float> &variance) {
  return node("BatchNormalization", {from, "o", "o", "o", "v"}, "y", of_float("epsilon", 0)) +
         tensor("o", {3}, {1, 1, 1}) + tensor("v", {3}, variance);
}
std::string concat_of(int inputs) {
  return node("Concat", std::vector<std::string>(std::size_t(inputs), "x"), "y", of_int("axis", 1));
}

INSTANTIATE_TEST_SUITE_P(
    MoreOperators, OnnxRefusal,
    testing::Values(
        Refused{"poolOfConstant", node("MaxPool", {"four"}, "y", kTwo) + kFour, "its input 1 is no map"},
        Refused{"concatWithConstant", node("Concat", {"x", "four"}, "y", of_int("axis", 1)) + kFour,
                "its input 2 is no map"},
        Refused{"convOfConstant",
                node("Conv", {"four", "w"}, "y") + kFour + tensor("w", {4, 3, 3, 3}, kKernel),
                "its input is no map"},
        Refused{"gemmOfFour", gemm("", {"f", "four"}) + kFour, "its weights are no constant matrix"},
        Refused{"gemmBiasOfMap", gemm("", {"f", "w", "f"}), "its weights are no constant matrix"},
        Refused{"gemmTransposed", gemm(of_int("transA", 1), {"f", "w"}), "transA is not supported"},
        Refused{"gemmBias", gemm("", {"f", "w", "long"}), "one value for each output"},
        Refused{"gemmShape",
                gemm("", {"f", "wide"}) + tensor("wide", {3, 65537}, std::vector<float>(3 * 65537)),
                "an impossible shape"},
        Refused{"matmulOfMaps", node("Flatten", {"x"}, "f") + node("MatMul", {"f", "f"}, "y"),
                "its second input is no constant matrix"},
        Refused{"lrnNumbers", node("LRN", {"x"}, "y", of_int("size", 5) + of_float("beta", 1e9f)),
                "its alpha, beta or bias is out of range"},
        Refused{"concatMany", concat_of(DSLT_LAYER_INPUTS_MAX + 1), "more than 64 inputs"},
        Refused{"identity", node("Identity", {}, "y"), "it has no input"},
        Refused{"flatten", node("Flatten", {}, "y"), "it has no input"},
        Refused{"constant", node("Constant", {}, "y", of_float("value_float", 3)),
                "only tensors are supported"},
        Refused{"castOfMap", node("Cast", {"x"}, "y", of_int("to", 1)), "for shapes only, not for maps"},
        Refused{"addIntegers", node("Add", {"x", "p"}, "y") + kPads, "of no floating-point type"},
        Refused{"addBehindPad",
                node("Pad", {"x", "p"}, "q") + kPads + node("Add", {"q", "three"}, "y") + kThree,
                "added to a map with zeros around it"},
        Refused{"divByZeros", node("Div", {"x", "z"}, "y") + tensor("z", {3, 1, 1}, {1, 0, 1}),
                "cannot be calculated with"},
        Refused{"sumOfOne", node("Sum", {"x"}, "y"), "it has 1 inputs"},
        Refused{"sumWithConstant", node("Sum", {"x", "x", "four"}, "y") + kFour, "its input 3 is no map"},
        Refused{"constants", node("Add", {"three", "three"}, "y") + kThree,
                "calculations among constants are not supported"},
        Refused{"clipOfConstant", node("Clip", {"four"}, "y") + kFour, "its input is no map"},
        Refused{"clipLimits", node("Clip", {"x", "x"}, "y"), "its limits are no constants"},
        Refused{"normaliseConstant", batch_norm("o", {1, 1, 1}), "its input is no map"},
        Refused{"normaliseByZero", batch_norm("x", {1, 0, 1}), "give numbers that are not finite"},
        Refused{"padConstant", node("Pad", {"four", "p"}, "y") + kFour + kPads, "its input is no map"},
        Refused{"padWithOnes", node("Pad", {"x", "p"}, "y", of_float("value", 1)) + kPads,
                "only zeros are supported"},
        Refused{"padChannels", node("Pad", {"x", "p"}, "y") + integers("p", {0, 1, 0, 0, 0, 0, 0, 0}),
                "only zeros on the four sides"},
        Refused{"resizeConstant", node("Resize", {"four"}, "y") + kFour, "its input is no map"},
        Refused{"resizeChannels", node("Resize", {"x", "", "s"}, "y") + tensor("s", {4}, {1, 2, 2, 2}),
                "only constant scales of height and width"},
        Refused{"reads", kNothing + node("Conv", {"s", "w"}, "y") + tensor("w", {4, 3, 3, 3}, kKernel),
                "operator Conv: what it reads cannot be computed"}),
    [](const auto &parameter) { return std::string(parameter.param.name); });

// Five times 1,024 zeros around a map.
TEST_F(Onnx, TooManyZerosAreRefused) {
  std::string graph = integers("p", {0, 0, 1024, 0, 0, 0, 0, 0}), from = "x";
  for (int i = 0; i < 5; ++i) {
    const std::string to = i < 4 ? "q" + std::to_string(i) : "y";
    graph += node("Pad", {from, "p"}, to);
    from = to;
  }
  const std::string why = refusal(graph);
  EXPECT_NE(why.find("too many zeros"), std::string::npos) << why;
}

TEST_F(Onnx, PlacesOfMaximaAreRefused) {
  const std::string why =
      refusal(bytes(1, bytes(1, "x") + bytes(2, "y") + bytes(2, "places") + bytes(4, "MaxPool") + kTwo));
  EXPECT_NE(why.find("the places of the maxima are not supported"), std::string::npos) << why;
}

// Why a constant cannot be used, as far as the sentence of the operator that reads it tells.
TEST_F(Onnx, ConstantsThatCannotBeRead) {
  const std::string four(16, '\0'), add = node("Add", {"x", "c"}, "y");
  const struct {
    std::string constant;
    const char *sentence;
  } rows[] = {{raw_tensor("c", {-4}, 1, four), "its shape is impossible"},
              {raw_tensor("c", {1 << 20, 1 << 20}, 1, four), "its shape is impossible"},
              {raw_tensor("c", {1, 1, 1, 1, 1, 1, 1, 1, 4}, 1, four), "more than 8 dimensions"},
              {raw_tensor("c", {4}, 1, "", true), "its values are in another file"},
              {raw_tensor("c", {4}, 9, four), "its type is none of"},
              {raw_tensor("c", {5}, 1, four), "another number of values than its shape says"},
              {raw_tensor("c", {4}, 1, four + "x"), "another number of values than its shape says"}};
  for (const auto &row : rows) {
    const std::string why = refusal(add + row.constant);
    EXPECT_NE(why.find(row.sentence), std::string::npos) << why;
  }
}

TEST_F(Onnx, FilesThatAreNone) {
  EXPECT_EQ(read("this is no protobuf"), DSLT_EFORMAT);
  EXPECT_NE(error.find("model.onnx: It is no ONNX file"), std::string::npos) << error;
  EXPECT_EQ(read(""), DSLT_EFORMAT);
  const std::string good = model(conv("x", "y"));
  EXPECT_EQ(read(good.substr(0, good.size() / 2)), DSLT_EFORMAT);
}

TEST_F(Onnx, ModelsThatAreNoBackbone) {
  EXPECT_EQ(read(model(conv("nobody", "y"))), DSLT_EWEIGHTS);
  EXPECT_NE(error.find("\"nobody\", which no node before it makes"), std::string::npos) << error;
  EXPECT_EQ(read(model(node("Relu", {"x"}, "y") + node("Relu", {"x"}, "y"))), DSLT_EWEIGHTS);
  EXPECT_NE(error.find("Two nodes make \"y\""), std::string::npos) << error;
  EXPECT_EQ(read(model(node("Relu", {"x"}, "y"), {1, 3, 8})), DSLT_EWEIGHTS);
  EXPECT_NE(error.find("has 3 dimensions"), std::string::npos) << error;
  EXPECT_EQ(read(model(node("Relu", {"x"}, "y") + bytes(11, value("second", {1, 3, 8, 8})))), DSLT_EWEIGHTS);
  EXPECT_NE(error.find("has 2 inputs"), std::string::npos) << error;
  EXPECT_EQ(read(model("")), DSLT_EWEIGHTS);
  EXPECT_NE(error.find("has no layers"), std::string::npos) << error;
  const std::vector<float> nan(4 * 3 * 9, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(read(model(node("Conv", {"x", "w"}, "y") + tensor("w", {4, 3, 3, 3}, nan))), DSLT_EWEIGHTS);
  EXPECT_NE(error.find("holds NaN"), std::string::npos) << error;
}

TEST_F(Onnx, TensorsThatPromiseMoreThanTheyHold) {
  EXPECT_NE(
      refusal(node("Conv", {"x", "w"}, "y") + tensor("w", {4, 3, 3, 3}, {1, 2, 3})).find("no constants"),
      std::string::npos);
  EXPECT_NE(refusal(node("Conv", {"x", "w"}, "y") + tensor("w", {1 << 30, 1 << 30, 3, 3}, {1}))
                .find("no constants"),
            std::string::npos);
}

TEST(OnnxAbsent, ABuildWithoutTheLibrarySaysWhatToDo) {
  if (DSLT_ONNX) GTEST_SKIP() << skip::kWithOnnx;
  dslt_network *out = nullptr;
  const std::string file = model(conv("x", "y"));
  EXPECT_EQ(dslt_network_from_onnx(&out, file.data(), file.size(), "model.onnx", nullptr, nullptr),
            DSLT_EUNSUPPORTED);
  EXPECT_NE(std::string(dslt_last_error()).find("libonnx-dev"), std::string::npos);
}

}  // namespace
