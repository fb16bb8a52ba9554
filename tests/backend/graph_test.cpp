/* SPDX-License-Identifier: Apache-2.0 */
// What follows from a graph alone: sizes, strides and receptive fields, and what is refused.
#include <gtest/gtest.h>

#include <string>

#include "net_reference.h"

namespace {

enum { NONE = DSLT_ACTIVATION_NONE };

// Every weight is 1 and one pixel is 1: the cells that are not 0 are those that see the pixel.
void expect_sees(ref::Net *net, int side) {
  std::vector<dslt_node_map> maps = ref::randomise(net, side, side);
  ASSERT_FALSE(maps.empty()) << dslt_last_error();
  for (auto &weights : net->weights) std::fill(weights.begin(), weights.end(), 1);
  for (auto &bias : net->biases) std::fill(bias.begin(), bias.end(), 0);
  const dslt_node_map &last = maps.back();
  for (int pixel = side / 4; pixel < 3 * side / 4; ++pixel) {
    ref::Map picture(std::size_t(side) * side, 0.0);
    picture[std::size_t(pixel) * side + pixel] = 1;
    const ref::Run run(*net, maps, picture);
    const ref::Map &y = run[net->graph.layers - 1];
    for (int cell = 0; cell < last.h; ++cell) {
      const double from = last.first[0] + cell * last.stride[0], to = last.last[0] + cell * last.stride[0];
      double seen = 0;
      for (int column = 0; column < last.w; ++column)
        seen += y[std::size_t((cell * last.w + column) * last.c)];
      EXPECT_EQ(seen != 0, pixel >= from && pixel <= to) << "pixel " << pixel << ", cell " << cell;
    }
  }
}

TEST(Graph, ReceptiveFieldsAreWhatCellsSee) {
  {
    ref::Net net;
    int x = ref::conv(&net, net.input(1), 1, 7, 2, NONE);
    x = ref::pool(&net, x, DSLT_LAYER_MAX_POOL, 3, 2, 0, DSLT_ROUND_UP);
    ref::conv(&net, x, 1, 3, 1, NONE);
    expect_sees(&net, 48);
  }
  {
    ref::Net net;
    const int x = ref::conv(&net, net.input(1), 1, 3, 2, NONE);
    const int a = ref::conv(&net, x, 1, 1, 1, NONE), b = ref::conv(&net, x, 1, 5, 1, NONE);
    ref::conv(&net, ref::join(&net, DSLT_LAYER_SUM, {a, b}), 1, 3, 2, NONE, 0);
    expect_sees(&net, 40);
  }
  {
    ref::Net net;
    dslt_node wide = dslt_layer_of(DSLT_LAYER_CONV);
    wide.channels = 1;
    for (int d = 0; d < 2; ++d) wide.kernel[d] = 2, wide.dilation[d] = 1, wide.pad[d] = 1;
    ref::conv(&net, net.add(wide, {net.input(1)}), 1, 2, 2, NONE, 0);
    expect_sees(&net, 32);
  }
}

dslt_node_map last_map(ref::Net &net, int h, int w) {
  std::vector<dslt_node_map> maps(std::size_t(net.graph.layers));
  EXPECT_EQ(dslt_graph_maps(maps.data(), &net.graph, nullptr, h, w), DSLT_OK) << dslt_last_error();
  return maps.back();
}

TEST(Graph, Roundings) {
  struct Row {
    int side, kernel, stride, pad, rounding, cells;
  };
  for (const Row &r : {Row{8, 3, 2, 0, DSLT_ROUND_DOWN, 3}, Row{8, 3, 2, 0, DSLT_ROUND_UP, 4},
                       Row{7, 3, 2, 0, DSLT_ROUND_UP, 3}, Row{5, 2, 2, 1, DSLT_ROUND_UP, 3},
                       Row{4, 2, 2, 1, DSLT_ROUND_UP, 3}, Row{4, 1, 2, 0, DSLT_ROUND_UP, 2}}) {
    ref::Net net;
    ref::pool(&net, net.input(1), DSLT_LAYER_MAX_POOL, r.kernel, r.stride, r.pad, r.rounding);
    EXPECT_EQ(last_map(net, r.side, r.side).h, r.cells) << r.side << " cells, kernel " << r.kernel;
  }
}

TEST(Graph, OperationsAndParameters) {
  ref::Net net;
  ref::conv(&net, net.input(3), 16, 3, 1, NONE);
  const dslt_node_map m = last_map(net, 10, 20);
  EXPECT_EQ(m.flop, 2.0 * 10 * 20 * 16 * 3 * 9);
  EXPECT_EQ(m.weights, 16 * 3 * 9 + 16);
}

// ---- what is refused ----------------------------------------------------------------------------------

std::string check(ref::Net &net) {
  EXPECT_EQ(dslt_graph_check(&net.graph), DSLT_EWEIGHTS);
  return dslt_last_error();
}

TEST(GraphRefuses, NumbersOutOfRange) {
  const struct {
    const char *sentence;
    void (*spoil)(dslt_node *l);
  } rows[] = {
      {"kernel, stride and dilation", [](dslt_node *l) { l->kernel[0] = 0; }},
      {"kernel, stride and dilation", [](dslt_node *l) { l->stride[1] = 70000; }},
      {"kernel, stride and dilation", [](dslt_node *l) { l->dilation[0] = -1; }},
      {"paddings must be", [](dslt_node *l) { l->pad[3] = -1; }},
      {"its dilated kernel is too large", [](dslt_node *l) { l->kernel[0] = 60000, l->dilation[0] = 60000; }},
      {"its groups do not divide", [](dslt_node *l) { l->groups = 3; }},
      {"its output channels", [](dslt_node *l) { l->channels = 0; }},
      {"its activation is unknown", [](dslt_node *l) { l->activation = 99; }},
      {"its slope", [](dslt_node *l) { l->slope = NAN; }},
      {"padding or rounding", [](dslt_node *l) { l->padding = 7; }},
      {"its input is no earlier layer", [](dslt_node *l) { l->input[0] = 1; }},
      {"too few or too many inputs", [](dslt_node *l) { l->inputs = 2; }},
      {"must be the input", [](dslt_node *l) { l->kind = DSLT_LAYER_INPUT; }},
  };
  for (const auto &row : rows) {
    ref::Net net;
    ref::conv(&net, net.input(3), 16, 3, 1, NONE);
    row.spoil(&net.graph.layer[1]);
    EXPECT_NE(check(net).find(row.sentence), std::string::npos) << dslt_last_error();
  }
}

TEST(GraphRefuses, NumbersOfOtherKinds) {
  const struct {
    const char *sentence;
    int kind;
    void (*spoil)(dslt_node *l);
  } rows[] = {
      {"its padding is as large as its window", DSLT_LAYER_MAX_POOL, [](dslt_node *l) { l->pad[1] = 1; }},
      {"a pooling's dilation must be 1", DSLT_LAYER_AVERAGE_POOL, [](dslt_node *l) { l->dilation[1] = 2; }},
      {"padding or rounding", DSLT_LAYER_MAX_POOL, [](dslt_node *l) { l->rounding = -1; }},
      {"its size must be odd", DSLT_LAYER_LRN, [](dslt_node *l) { l->size = 4; }},
      {"its size must be odd", DSLT_LAYER_LRN, [](dslt_node *l) { l->size = 1025; }},
      {"alpha, beta or k", DSLT_LAYER_LRN, [](dslt_node *l) { l->k = NAN; }},
      {"its factors must be 1 to 64", DSLT_LAYER_UPSAMPLE, [](dslt_node *l) { l->factor[0] = 0; }},
      {"its factors must be 1 to 64", DSLT_LAYER_UPSAMPLE, [](dslt_node *l) { l->factor[1] = 65; }},
  };
  for (const auto &row : rows) {
    ref::Net net;
    net.add(dslt_layer_of(row.kind), {net.input(3)});
    EXPECT_EQ(dslt_graph_check(&net.graph), DSLT_OK) << dslt_last_error();
    row.spoil(&net.graph.layer[1]);
    EXPECT_NE(check(net).find(row.sentence), std::string::npos) << dslt_last_error();
  }
}

TEST(GraphRefuses, NoLayersAndTooMany) {
  ref::Net none;
  EXPECT_NE(check(none).find("has no layers"), std::string::npos) << dslt_last_error();
  ref::Net many;
  int last = many.input(3);
  while (last >= 0 && many.graph.layers <= DSLT_GRAPH_LAYERS_MAX)
    last = many.add(dslt_layer_of(DSLT_LAYER_ACTIVATION), {0});
  EXPECT_EQ(last, DSLT_EWEIGHTS);
  EXPECT_NE(std::string(dslt_last_error()).find("more than 4096 layers"), std::string::npos);
}

TEST(GraphRefuses, MapsThatDoNotFit) {
  std::vector<dslt_node_map> maps(8);
  {
    ref::Net net;
    ref::conv(&net, net.input(3), 4, 9, 1, NONE, 0);
    EXPECT_EQ(dslt_graph_maps(maps.data(), &net.graph, nullptr, 8, 20), DSLT_EWEIGHTS);
    EXPECT_NE(std::string(dslt_last_error()).find("a window larger than its input"), std::string::npos);
  }
  {
    ref::Net net;
    const int x = net.input(3);
    ref::join(&net, DSLT_LAYER_SUM, {ref::conv(&net, x, 4, 3, 1, NONE), ref::conv(&net, x, 4, 3, 2, NONE)});
    EXPECT_EQ(dslt_graph_maps(maps.data(), &net.graph, nullptr, 8, 8), DSLT_EWEIGHTS);
    EXPECT_NE(std::string(dslt_last_error()).find("joins maps that do not fit"), std::string::npos);
  }
  {
    ref::Net net;
    dslt_node dense = dslt_layer_of(DSLT_LAYER_DENSE);
    dense.channels = 4, dense.kernel[0] = dense.kernel[1] = 7;
    net.add(dense, {net.input(3)});
    EXPECT_EQ(dslt_graph_maps(maps.data(), &net.graph, nullptr, 8, 7), DSLT_EWEIGHTS);
    EXPECT_NE(std::string(dslt_last_error()).find("pictures of one size only"), std::string::npos);
  }
}

TEST(GraphRefuses, WhatCannotBeComputedOnlyWhereItIsNeeded) {
  ref::Net net;
  const int x = ref::conv(&net, net.input(3), 4, 3, 1, NONE);
  dslt_node odd = dslt_layer_of(DSLT_LAYER_ACTIVATION);
  char why[] = "operator Odd: it is not supported.";
  odd.refusal = why;
  const int refused = net.add(odd, {x}), behind = ref::conv(&net, refused, 4, 3, 1, NONE);
  EXPECT_EQ(dslt_graph_check(&net.graph), DSLT_OK) << dslt_last_error();
  std::vector<unsigned char> needed(std::size_t(net.graph.layers));
  EXPECT_EQ(dslt_graph_needed(needed.data(), &net.graph, &x, 1), DSLT_OK);
  EXPECT_EQ(needed[std::size_t(refused)], 0);
  EXPECT_EQ(dslt_graph_needed(needed.data(), &net.graph, &behind, 1), DSLT_EWEIGHTS);
  EXPECT_NE(std::string(dslt_last_error()).find("operator Odd"), std::string::npos);
}

}  // namespace
