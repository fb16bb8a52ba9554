/* SPDX-License-Identifier: Apache-2.0 */
// Networks in our own weight files: what is said of a graph, a tensor or a tap that is wrong.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "nn/network.h"
#include "weights_build.h"

namespace {

struct Free {
  void operator()(dslt_safetensors *f) const { dslt_safetensors_free(f); }
  void operator()(dslt_network *n) const { dslt_network_free(n); }
};

struct Bad {
  const char *name;
  std::string graph;
  const char *sentence;
};
void PrintTo(const Bad &bad, std::ostream *out) { *out << bad.name; }

// Two convolutions' tensors: c of 4 channels from 3, d of 4 from 4 with wrong biases; f64 is of a type that weights may
// not have, nan holds no number.
std::unique_ptr<dslt_safetensors, Free> tensors() {
  static const std::string bytes = [] {
    WeightFileBuilder file;
    file.add("c.weight", "F32", {4, 3, 1, 1}, float_bytes(std::vector<float>(12, 0.5f)));
    file.add("c.bias", "F32", {4}, float_bytes({1, 2, 3, 4}));
    file.add("d.weight", "F32", {4, 4, 1, 1}, float_bytes(std::vector<float>(16, 0.5f)));
    file.add("d.bias", "F32", {3}, float_bytes({1, 2, 3}));
    file.add("f64.weight", "F64", {1}, std::string(8, '\0'));
    file.add("nan.weight", "F32", {4, 3, 1, 1}, float_bytes(std::vector<float>(12, NAN)));
    return file.to_bytes();
  }();
  dslt_safetensors *out = nullptr;
  EXPECT_EQ(dslt_safetensors_parse(&out, bytes.data(), bytes.size(), "net.safetensors"), DSLT_OK)
      << dslt_last_error();
  return std::unique_ptr<dslt_safetensors, Free>(out);
}

int read(std::unique_ptr<dslt_network, Free> *network, const std::string &graph) {
  const auto file = tensors();
  dslt_network *out = nullptr;
  const int rc = dslt_network_read(&out, graph.c_str(), file.get());
  network->reset(out);
  return rc;
}

const std::string kInput = R"({"name":"x","kind":"input","channels":3})";
// The picture and one more layer of these words.
std::string after(const std::string &words) { return "[" + kInput + ",{" + words + "}]"; }
std::string conv(const std::string &words) {
  return after(R"("name":"c","kind":"conv","inputs":[0],"channels":4)" + words);
}

class NetworkText : public testing::TestWithParam<Bad> {};

TEST_P(NetworkText, NamesWhatIsWrong) {
  std::unique_ptr<dslt_network, Free> network;
  EXPECT_FAILURE(read(&network, GetParam().graph), DSLT_EWEIGHTS, GetParam().sentence);
}

std::string many_layers() {
  std::string out = "[" + kInput;
  for (int i = 0; i < DSLT_GRAPH_LAYERS_MAX; ++i)
    out += R"(,{"name":"a)" + std::to_string(i) + R"(","kind":"activation","inputs":[0]})";
  return out + "]";
}

INSTANTIATE_TEST_SUITE_P(
    Graphs, NetworkText,
    testing::Values(
        Bad{"nothing", "", "no list of layers"}, Bad{"noJson", "[{]", "no list of layers"},
        Bad{"object", "{}", "no list of layers"},
        Bad{"twiceTheSameKey", R"([{"name":"x","name":"y"}])", "no list"},
        Bad{"tooMany", many_layers(), "no list of layers"}, Bad{"empty", "[]", "has no layers"},
        Bad{"aNumber", "[7]", "layer 0 has no name"},
        Bad{"noName", R"([{"kind":"input"}])", "layer 0 has no name"},
        Bad{"emptyName", R"([{"name":"","kind":"input"}])", "layer 0 has no name"},
        Bad{"kind", R"([{"name":"x","kind":"transformer"}])",
            "layer 0 has no name, or is of an unknown kind"},
        Bad{"sameName", "[" + kInput + "," + kInput + "]", "layer 1 has the name of another"},
        Bad{"longName", after(R"("kind":"conv","name":")" + std::string(400, 'n') + "\""),
            "name is too long"},
        Bad{"noInput", R"([{"name":"c","kind":"conv","channels":4}])", "must be the input"},
        Bad{"secondInput", after(R"("name":"y","kind":"input","channels":3)"), "must be the input"},
        Bad{"inputs", after(R"("name":"c","kind":"conv","inputs":0)"), "layer 1 has no list of inputs"},
        Bad{"itself", after(R"("name":"c","kind":"conv","inputs":[1])"), "layer 1 reads no earlier layer"},
        Bad{"negative", after(R"("name":"c","kind":"conv","inputs":[-1])"), "layer 1 reads no earlier layer"},
        Bad{"words", after(R"("name":"c","kind":"conv","inputs":["x"])"), "layer 1 reads no earlier layer"},
        Bad{"inputCount", after(R"("name":"s","kind":"sum","inputs":[0])"), "too few or too many inputs"},
        Bad{"key", conv(R"(,"colour":3)"), "layer 1 has a key that this version does not know"},
        Bad{"length", conv(R"(,"kernel":[1,1,1])"), "layer 1 has a list of the wrong length"},
        Bad{"noList", conv(R"(,"stride":2)"), "layer 1 has a list of the wrong length"},
        Bad{"range", conv(R"(,"groups":-1)"), "layer 1 has a number out of range"},
        Bad{"large", conv(R"(,"groups":4294967296)"), "layer 1 has a number out of range"},
        Bad{"fraction", conv(R"(,"pad":[0.5,0,0,0])"), "layer 1 has a number out of range"},
        Bad{"real", conv(R"(,"slope":"steep")"), "layer 1 has a value that is no number"},
        Bad{"activation", conv(R"(,"activation":"gelu")"),
            "an activation, padding or rounding that is unknown"},
        Bad{"padding", conv(R"(,"padding":"reflect")"), "an activation, padding or rounding that is unknown"},
        Bad{"rounding", conv(R"(,"rounding":7)"), "an activation, padding or rounding that is unknown"},
        Bad{"groups", after(R"("name":"c","kind":"conv","inputs":[0],"channels":4,"groups":2)"),
            "its 2 groups do not divide its 3 input channels"},
        Bad{"noWeights", after(R"("name":"e","kind":"conv","inputs":[0],"channels":4)"),
            "Layer e needs weights"},
        Bad{"shape", conv(R"(,"kernel":[3,3])"), "needs weights of [4, 3, 3, 3]"},
        Bad{"biases",
            "[" + kInput +
                R"(,{"name":"c","kind":"conv","inputs":[0],"channels":4},)"
                R"({"name":"d","kind":"conv","inputs":[1],"channels":4}])",
            "Layer d needs 4 biases"},
        Bad{"type", after(R"("name":"f64","kind":"conv","inputs":[0],"channels":4)"),
            "Tensor f64.weight is F64"},
        Bad{"nan", after(R"("name":"nan","kind":"conv","inputs":[0],"channels":4)"), "nan.weight holds NaN"}),
    [](const auto &parameter) { return std::string(parameter.param.name); });

TEST(NetworkTaps, WhatCannotBeTappedIsNamed) {
  std::unique_ptr<dslt_network, Free> network;
  ASSERT_EQ(read(&network, "[" + kInput + R"(,{"name":"c","kind":"conv","inputs":[0],"channels":4}])"),
            DSLT_OK)
      << dslt_last_error();
  EXPECT_EQ(dslt_network_set_taps(network.get(), "c"), DSLT_OK) << dslt_last_error();
  const struct {
    const char *names, *sentence;
  } rows[] = {{"x", "The picture itself cannot be tapped"},
              {"cc", "did you mean \"c\""},
              {"something/else/entirely", "no layer \"something/else/entirely\" to tap"},
              {"c,,c", "names with commas between them"},
              {",", "names with commas between them"},
              {"c,c,c,c,c,c,c,c,c", "More than 8 layers"}};
  for (const auto &row : rows)
    EXPECT_FAILURE(dslt_network_set_taps(network.get(), row.names), DSLT_EWEIGHTS, row.sentence);
  EXPECT_FAILURE(dslt_network_set_taps(network.get(), std::string(300, 'c').c_str()), DSLT_EWEIGHTS,
                 "names with commas");
}

}  // namespace
