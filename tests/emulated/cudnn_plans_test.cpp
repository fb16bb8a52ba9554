/* SPDX-License-Identifier: Apache-2.0 */
// The real cuDNN, asked without a GPU: every dense convolution of VGG-16, of the networks that ship and of networks
// like the well-known ones, at their full width, gets a ready plan on every kind of GPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "backend/net_reference.h"
#include "dnn.h"
#include "nn/arch.h"
#include "nn/network.h"
#include "nn/weights.h"
#include "skip.h"

#include "backend/cuda/vendor.h"
extern "C" {
#include "backend/cuda/head_layers.h"
#include "backend/cuda/net.h"
}

namespace {

// A GPU as its maker's tables describe it.
struct Gpu {
  const char *name;
  int capability, processors, memory_gb, l2_mb, clock_mhz;
  int shared_kb, threads, blocks;  // of a multiprocessor
  bool bf16;
};
const Gpu kGpus[] = {{"T4", 75, 40, 16, 4, 1590, 64, 1024, 16, false},
                     {"A100", 80, 108, 80, 40, 1410, 163, 2048, 32, true},
                     {"RTX_3090", 86, 82, 24, 6, 1695, 99, 1536, 16, true},
                     {"Orin", 87, 16, 64, 4, 1300, 163, 1536, 16, true},
                     {"RTX_4090", 89, 128, 24, 72, 2520, 99, 1536, 24, true},
                     {"H200", 90, 132, 141, 60, 1980, 227, 2048, 32, true},
                     {"B200", 100, 148, 180, 126, 1965, 227, 2048, 32, true},
                     {"Thor", 110, 20, 128, 32, 1575, 227, 1536, 24, true},
                     {"RTX_5090", 120, 170, 32, 96, 2407, 99, 1536, 24, true}};

// As cuDNN wants it described.
std::string description(const Gpu &g) {
  char out[2048];
  std::snprintf(
      out, sizeof out,
      "{\"descriptorType\":\"CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR\",\"cudnnVersion\":91900,\"schemaVersion\":0,"
      "\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64],\"regsPerBlock\":65536,"
      "\"multiProcessorCount\":%d,\"warpSize\":32,\"maxSharedMemoryPerBlock\":49152,"
      "\"maxSharedMemoryPerBlockOptin\":%d,\"reservedSharedMemoryPerBlock\":%d,\"maxRegistersPerSM\":65536,"
      "\"maxCtasPerSM\":%d,\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":%d,\"pciDeviceId\":0,"
      "\"isTccDriver\":0,\"supportCoopLaunch\":1,\"totalGlobalMem\":%lld,\"smClockRateKHz\":%d,"
      "\"memClockRateKHz\":3201000,\"l2CacheSize\":%d,\"cudaDeviceId\":0,\"deviceVer\":%d,"
      "\"driverVer\":13000,\"deviceName\":\"NVIDIA %s\"}",
      g.processors, g.shared_kb * 1024, g.capability > 75 ? 1024 : 0, g.blocks, g.threads,
      (long long)(g.memory_gb) << 30, g.clock_mhz * 1000, g.l2_mb << 20, 10 * g.capability, g.name);
  return out;
}

enum { NONE = DSLT_ACTIVATION_NONE, RELU = DSLT_ACTIVATION_RELU, SWISH = DSLT_ACTIVATION_HARD_SWISH };
using ref::conv;
using ref::join;
using ref::pool;

int vgg(ref::Net *n) {
  int x = n->input(3);
  const int widths[] = {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512};
  for (int width : widths)
    x = width ? conv(n, x, width, 3, 1, RELU) : pool(n, x, DSLT_LAYER_MAX_POOL, 2, 2, 0, DSLT_ROUND_DOWN);
  return x;
}
int squeezenet(ref::Net *n) {
  int x = pool(n, conv(n, n->input(3), 64, 3, 2, RELU, 0), DSLT_LAYER_MAX_POOL, 3, 2, 0, DSLT_ROUND_UP);
  for (int width : {16, 32, 48, 64}) {
    const int narrow = conv(n, x, width, 1, 1, RELU);
    x = join(n, DSLT_LAYER_CONCAT,
             {conv(n, narrow, 4 * width, 1, 1, RELU), conv(n, narrow, 4 * width, 3, 1, RELU)});
  }
  return x;
}
int resnet(ref::Net *n) {
  int x = pool(n, conv(n, n->input(3), 64, 7, 2, RELU), DSLT_LAYER_MAX_POOL, 3, 2, 1, DSLT_ROUND_DOWN);
  for (int width : {64, 128, 256}) {
    const int stride = width > 64 ? 2 : 1;
    int a = conv(n, conv(n, x, width, 1, 1, RELU), width, 3, stride, RELU);
    x = join(n, DSLT_LAYER_SUM, {conv(n, a, 4 * width, 1, 1, NONE), conv(n, x, 4 * width, 1, stride, NONE)},
             RELU);
    a = conv(n, conv(n, x, width, 1, 1, RELU), width, 3, 1, RELU);
    x = join(n, DSLT_LAYER_SUM, {conv(n, a, 4 * width, 1, 1, NONE), x}, RELU);
  }
  return x;
}
int mobilenet(ref::Net *n) {
  int x = conv(n, n->input(3), 16, 3, 2, SWISH);
  for (int width : {24, 40, 112}) {
    const int wide = conv(n, x, 4 * width, 1, 1, SWISH),
              apart = conv(n, wide, 4 * width, 5, 2, SWISH, -1, 4 * width);
    const int squeezed = conv(n, join(n, DSLT_LAYER_GLOBAL_AVERAGE, {apart}), width, 1, 1, RELU);
    const int excited = conv(n, squeezed, 4 * width, 1, 1, DSLT_ACTIVATION_HARD_SIGMOID);
    x = conv(n, join(n, DSLT_LAYER_PRODUCT, {excited, apart}), width, 1, 1, NONE);
  }
  return x;
}
int googlenet(ref::Net *n) {
  int x = pool(n, conv(n, n->input(3), 64, 7, 2, RELU), DSLT_LAYER_MAX_POOL, 3, 2, 0, DSLT_ROUND_UP);
  x = conv(n, conv(n, x, 64, 1, 1, RELU), 192, 3, 1, RELU);
  for (int i = 0; i < 2; ++i)
    x = join(n, DSLT_LAYER_CONCAT,
             {conv(n, x, 64, 1, 1, RELU), conv(n, conv(n, x, 96, 1, 1, RELU), 128, 3, 1, RELU),
              conv(n, conv(n, x, 16, 1, 1, RELU), 32, 5, 1, RELU),
              conv(n, pool(n, x, DSLT_LAYER_MAX_POOL, 3, 1, 1, DSLT_ROUND_DOWN), 32, 1, 1, RELU)});
  return x;
}
int grouped(ref::Net *n) { return conv(n, conv(n, n->input(3), 96, 11, 4, RELU, 0), 256, 5, 1, RELU, -1, 2); }

// ---- what is planned -----------------------------------------------------------------------------

// The graph of a network in full, whose last map is wanted.
struct Network {
  std::string name;
  std::unique_ptr<ref::Net> made;  // owns a graph that was made here
  const dslt_graph *graph;
  int last, side;  // of the square input, px
};

Network made(const char *name, int (*build)(ref::Net *)) {
  Network out = {name, std::make_unique<ref::Net>(), nullptr, 0, 320};
  out.last = build(out.made.get());
  out.graph = &out.made->graph;
  return out;
}

// VGG-16 with the shipped widths, and the other network that ships.
struct Shipped {
  dslt_weights *slim = nullptr, *siamese = nullptr;
  dslt_graph vgg = {};
  int conv_layer[DSLT_VGG_CONVS] = {};
  Shipped() {
    EXPECT_EQ(dslt_weights_load(&slim, "slim"), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(dslt_weights_load(&siamese, "siamese"), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(dslt_vgg_graph(&vgg, conv_layer, slim->width, slim->layers, 1, 0), DSLT_OK)
        << dslt_last_error();
  }
  Shipped(const Shipped &) = delete;
  ~Shipped() {
    dslt_graph_free(&vgg);
    dslt_weights_free(slim);
    dslt_weights_free(siamese);
  }
};

std::vector<Network> networks(const Shipped &shipped) {
  std::vector<Network> out;
  out.push_back(made("vgg", vgg));
  out.push_back(made("squeezenet", squeezenet));
  out.push_back(made("resnet", resnet));
  out.push_back(made("mobilenet", mobilenet));
  out.push_back(made("googlenet", googlenet));
  out.push_back(made("grouped", grouped));
  out.push_back({"slim", nullptr, &shipped.vgg, shipped.vgg.layers - 1, 256});
  const dslt_graph *graph = &shipped.siamese->network->graph;
  out.push_back({"siamese", nullptr, graph, graph->layers - 1, 256});
  graph = &shipped.siamese->matching->graph;
  out.push_back({"matching", nullptr, graph, graph->layers - 1, 32});
  return out;
}

std::string words(const dslt_conv_case &c, const std::string &network) {
  std::ostringstream out;
  out << network << ", " << c.n << " x " << c.h << " x " << c.w << ": " << c.cin << " to " << c.cout
      << ", groups " << c.groups << ", kernel " << c.kernel[0] << ", stride " << c.stride[0] << ", added "
      << c.add_pitch << ", pitch " << c.y_pitch << ", activation " << c.activation;
  return out.str();
}

// Every dense convolution of the networks, each once.
class CudnnPlans : public testing::TestWithParam<Gpu> {
 protected:
  void SetUp() override {
    const std::string why = cudnn::missing();
    if (!why.empty()) GTEST_SKIP() << skip::kCudnn << why;
    cudnn::use(cudnn::Library::real);
  }
  void TearDown() override {
    close();
    cudnn::use(cudnn::Library::none);
  }
  void open(int precision, const Gpu &gpu) {
    close();
    const dslt_backend_config config = {1, precision, 0};
    ASSERT_EQ(dslt_cuda_backend.device->open(&backend_, &config), DSLT_OK) << dslt_last_error();
    cuda_ = dslt_cuda_of(backend_);
    dslt_cudnn_close(cuda_->dnn);
    ASSERT_EQ(dslt_cudnn_open_described(&cuda_->dnn, cuda_, description(gpu).c_str()), DSLT_OK)
        << dslt_last_error();
    ASSERT_NE(cuda_->dnn, nullptr);
  }
  void close() {
    if (backend_) backend_->device->close(backend_);
    backend_ = nullptr;
  }
  void collect(std::map<std::vector<int>, std::string> *out, const Network &network, int n) {
    dslt_net net = {};
    net.cuda = cuda_;
    dslt_net_desc d = {};
    d.n = n, d.h = d.w = network.side, d.graph = network.graph, d.taps = 1, d.tap[0] = network.last;
    ASSERT_EQ(dslt_net_lay_out(&net, &d), DSLT_OK) << dslt_last_error();
    for (int i = 0; i < net.layers; ++i) {
      dslt_conv_case shape;
      const dslt_node &l = net.layer[i].node;
      if (net.layer[i].map.c == 0 || l.kind != DSLT_LAYER_CONV || l.groups == net.layer[l.input[0]].map.c ||
          !dslt_net_conv_case(&shape, &net, i))
        continue;
      std::vector<int> key(sizeof shape / sizeof(int));
      std::memcpy(key.data(), &shape, sizeof shape);
      out->emplace(key, network.name);
    }
    std::free(net.layer);
  }

  dslt_backend *backend_ = nullptr;
  dslt_cuda *cuda_ = nullptr;
};

// The first plan of a process loads the library's parts.
double seconds_of_plan(dslt_cudnn_conv **plan, dslt_cuda *cuda, const dslt_conv_case *shape) {
  const std::clock_t before = std::clock();
  EXPECT_EQ(dslt_cudnn_conv_plan(plan, cuda, shape, nullptr), DSLT_OK) << dslt_last_error();
  return double(std::clock() - before) / CLOCKS_PER_SEC;
}

TEST_P(CudnnPlans, EveryDenseConvolutionIsReadyAndFused) {
  const Shipped shipped;
  const std::vector<Network> all = networks(shipped);
  const Gpu &gpu = GetParam();
  int most = 0;
  double longest = 0;
  for (int precision : {DSLT_PRECISION_F32, DSLT_PRECISION_TF32, DSLT_PRECISION_BF16}) {
    if (precision == DSLT_PRECISION_BF16 && !gpu.bf16) continue; /* refused when the backend opens */
    ASSERT_NO_FATAL_FAILURE(open(precision, gpu));
    std::map<std::vector<int>, std::string> shapes;
    for (const Network &network : all)
      for (int n : {1, 3, 6}) ASSERT_NO_FATAL_FAILURE(collect(&shapes, network, n));
    EXPECT_GT(shapes.size(), 150u);
    for (const auto &one : shapes) {
      dslt_conv_case shape;
      std::memcpy(&shape, one.first.data(), sizeof shape);
      SCOPED_TRACE(words(shape, one.second) + ", precision " + std::to_string(precision));
      dslt_cudnn_conv *plan = nullptr;
      double seconds = seconds_of_plan(&plan, cuda_, &shape);
      EXPECT_NE(plan, nullptr);
      if (!plan) continue;
      dslt_conv_facts facts = dslt_cudnn_conv_facts(plan);
      dslt_cudnn_conv_free(plan);
      for (int again = 0; again < 3 && seconds > 0.05; ++again) {  // which the first of its kind may take
        seconds = seconds_of_plan(&plan, cuda_, &shape);
        dslt_cudnn_conv_free(plan);
      }
      const bool simple = shape.activation == NONE || shape.activation == RELU;
      EXPECT_EQ(facts.fused, simple);
      EXPECT_EQ(facts.compiled, 0);  // 0.5 s of a processor for each, in every process
      EXPECT_LT(facts.place, 64);    // of 128 that are looked at
      EXPECT_LT(seconds, 0.05);
      most = std::max(most, facts.place);
      longest = std::max(longest, seconds);
    }
  }
  std::printf("%s: the last place taken is %d, the longest plan took %.3f s\n", gpu.name, most, longest);
}

// The head's layers, which take the place of kernels where they are faster.
TEST_P(CudnnPlans, TheHeadsLayersAreReady) {
  for (int precision : {DSLT_PRECISION_F32, DSLT_PRECISION_TF32}) {
    ASSERT_NO_FATAL_FAILURE(open(precision, GetParam()));
    for (int n : {1, 3})
      for (int channels : {64, 128})
        for (int factor : {2, 4}) {
          dslt_fused_head_desc d = {};
          d.n = n, d.h = 48, d.w = 40, d.factor = factor, d.channels = channels;
          d.kh = 9, d.kw = 5, d.fusion = d.residual = 1;
          dslt_head_layers layers = {};
          ASSERT_EQ(dslt_head_layers_plan_by(&layers, cuda_, &d, DSLT_HEAD_CUDNN), DSLT_OK)
              << dslt_last_error();
          for (const dslt_cudnn_conv *plan : {layers.upsample, layers.regress}) {
            ASSERT_NE(plan, nullptr) << n << " maps, " << channels << " channels, factor " << factor;
            const dslt_conv_facts facts = dslt_cudnn_conv_facts(plan);
            EXPECT_EQ(facts.fused, 0);
            EXPECT_EQ(facts.compiled, 0);
          }
          dslt_head_layers_free(&layers);
        }
  }
}

INSTANTIATE_TEST_SUITE_P(Gpus, CudnnPlans, testing::ValuesIn(kGpus),
                         [](const auto &one) { return std::string(one.param.name); });

}  // namespace
