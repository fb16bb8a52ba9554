/* SPDX-License-Identifier: Apache-2.0 */
// The real cuDNN, asked without a GPU: every dense convolution of VGG-16 and of networks like the well-known
// ones, at their full width, gets a plan.
#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "backend/net_reference.h"
#include "dnn.h"
#include "skip.h"

#include "backend/cuda/vendor.h"
extern "C" {
#include "backend/cuda/net.h"
}

namespace {

// An NVIDIA H200 as cuDNN wants it described.
const char kDevice[] =
    "{\"descriptorType\":\"CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR\",\"cudnnVersion\":91900,\"schemaVersion\":0,"
    "\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64],\"regsPerBlock\":65536,"
    "\"multiProcessorCount\":132,\"warpSize\":32,\"maxSharedMemoryPerBlock\":49152,"
    "\"maxSharedMemoryPerBlockOptin\":232448,\"reservedSharedMemoryPerBlock\":1024,\"maxRegistersPerSM\":65536,"
    "\"maxCtasPerSM\":32,\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":2048,\"pciDeviceId\":0,"
    "\"isTccDriver\":0,\"supportCoopLaunch\":1,\"totalGlobalMem\":150754820096,\"smClockRateKHz\":1980000,"
    "\"memClockRateKHz\":3201000,\"l2CacheSize\":62914560,\"cudaDeviceId\":0,\"deviceVer\":900,"
    "\"driverVer\":13000,\"deviceName\":\"NVIDIA H200\"}";

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

struct Network {
  const char *name;
  int (*build)(ref::Net *);
};
const Network kNetworks[] = {{"vgg", vgg},
                             {"squeezenet", squeezenet},
                             {"resnet", resnet},
                             {"mobilenet", mobilenet},
                             {"googlenet", googlenet},
                             {"grouped", grouped}};

class CudnnPlans : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    const std::string why = cudnn::missing();
    if (!why.empty()) GTEST_SKIP() << skip::kCudnn << why;
    const dslt_backend_config config = {1, GetParam(), 0};
    ASSERT_EQ(dslt_cuda_backend.device->open(&backend_, &config), DSLT_OK) << dslt_last_error();
    cuda_ = dslt_cuda_of(backend_);
    cudnn::use(cudnn::Library::real);
    ASSERT_EQ(dslt_cudnn_open_described(&cuda_->dnn, cuda_, kDevice), DSLT_OK) << dslt_last_error();
    ASSERT_NE(cuda_->dnn, nullptr);
  }
  void TearDown() override {
    cudnn::use(cudnn::Library::none);
    if (backend_) backend_->device->close(backend_);
  }
  // What cuDNN says to every dense convolution.
  void each(
      const Network &network, int n, int h, int w,
      const std::function<void(const dslt_conv_case &, const dslt_cudnn_conv *, double seconds)> &call) {
    ref::Net r;
    const int last = network.build(&r);
    dslt_net net = {};
    net.cuda = cuda_;
    dslt_net_desc d = {};
    d.n = n, d.h = h, d.w = w, d.graph = &r.graph, d.taps = 1, d.tap[0] = last;
    ASSERT_EQ(dslt_net_lay_out(&net, &d), DSLT_OK) << dslt_last_error();
    for (int i = 0; i < net.layers; ++i) {
      dslt_conv_case shape;
      dslt_cudnn_conv *plan = nullptr;
      const dslt_node &l = net.layer[i].node;
      if (l.kind != DSLT_LAYER_CONV || l.groups == l.channels || !dslt_net_conv_case(&shape, &net, i))
        continue;
      const std::clock_t before = std::clock();
      ASSERT_EQ(dslt_cudnn_conv_plan(&plan, cuda_, &shape, nullptr), DSLT_OK) << dslt_last_error();
      const double seconds = double(std::clock() - before) / CLOCKS_PER_SEC;
      SCOPED_TRACE(testing::Message()
                   << network.name << ", " << n << " x " << h << " x " << w << ": " << shape.cin << " to "
                   << shape.cout << ", kernel " << shape.kernel[0] << ", stride " << shape.stride[0] << ", "
                   << shape.h << " x " << shape.w << ", added " << shape.add_pitch << ", pitch "
                   << shape.y_pitch << ", activation " << shape.activation);
      call(shape, plan, seconds);
      dslt_cudnn_conv_free(plan);
    }
    std::free(net.layer);
  }

  dslt_backend *backend_ = nullptr;
  dslt_cuda *cuda_ = nullptr;
};

TEST_P(CudnnPlans, EveryDenseConvolutionHasOne) {
  long planned = 0;
  for (const Network &network : kNetworks)
    for (int n : {1, 3})
      each(network, n, 320, 360, [&](const dslt_conv_case &, const dslt_cudnn_conv *plan, double seconds) {
        EXPECT_NE(plan, nullptr);
        if (!plan) return;
        const dslt_conv_facts facts = dslt_cudnn_conv_facts(plan);
        ++planned;
        EXPECT_EQ(facts.compiled, 0);  // 0.5 s of a processor for each, in every process
        EXPECT_LT(seconds, 0.25);      // ready ones take milliseconds; the first loads its library
        if (std::getenv("DSLT_TEST_SHOW"))
          std::printf("%s n %d: fused %d place %d compiled %d workspace %zu, %.3f s\n", network.name, n,
                      facts.fused, facts.place, facts.compiled, facts.workspace, seconds);
      });
  EXPECT_GT(planned, 80);
}

INSTANTIATE_TEST_SUITE_P(Precisions, CudnnPlans,
                         testing::Values(int(DSLT_PRECISION_F32), int(DSLT_PRECISION_TF32),
                                         int(DSLT_PRECISION_BF16)),
                         [](const auto &one) {
                           return std::string(one.param == DSLT_PRECISION_F32    ? "f32"
                                              : one.param == DSLT_PRECISION_TF32 ? "tf32"
                                                                                 : "bf16");
                         });

}  // namespace
