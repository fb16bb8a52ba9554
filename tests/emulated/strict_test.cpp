/* SPDX-License-Identifier: Apache-2.0 */
// The emulated runtime is as strict as the documented one: each rule by code that breaks it.
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "arguments.h"
#include "kernels.h"
#include "runtime.h"

namespace {

class EmulatedRuntime : public ::testing::Test {
 protected:
  void SetUp() override {
    emulated::allow(true, true);
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaMalloc(&device_, 64), cudaSuccess);
  }
  void TearDown() override {
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    EXPECT_EQ(cudaFree(device_), cudaSuccess);
    EXPECT_EQ(cudaStreamDestroy(stream_), cudaSuccess);
  }
  void begin() { ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed), cudaSuccess); }
  cudaGraph_t end() {
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
    return graph;
  }
  cudaGraph_t recorded_into() {
    cudaStreamCaptureStatus status;
    cudaGraph_t graph = nullptr;
    const cudaGraphNode_t *after = nullptr;
    std::size_t count = 0;
#if CUDART_VERSION >= 13000
    EXPECT_EQ(cudaStreamGetCaptureInfo(stream_, &status, nullptr, &graph, &after, nullptr, &count),
              cudaSuccess);
#endif
    return graph;
  }
  static cudaGraphConditionalHandle condition_of(cudaGraph_t graph) {
    cudaGraphConditionalHandle handle = 0;
    EXPECT_EQ(cudaGraphConditionalHandleCreate(&handle, graph, 0, cudaGraphCondAssignDefault), cudaSuccess);
    return handle;
  }
  // An IF node in `graph`; its body.
  static cudaError_t add_if(cudaGraph_t *body, cudaGraph_t graph, cudaGraphConditionalHandle handle) {
    cudaGraphNodeParams params = {};
    params.type = cudaGraphNodeTypeConditional;
    params.conditional.handle = handle;
    params.conditional.type = cudaGraphCondTypeIf;
    params.conditional.size = 1;
    cudaGraphNode_t node;
#if CUDART_VERSION >= 13000
    const cudaError_t error = cudaGraphAddNode(&node, graph, nullptr, nullptr, 0, &params);
#else
    const cudaError_t error = cudaErrorNotSupported;
#endif
    if (error == cudaSuccess) *body = params.conditional.phGraph_out[0];
    return error;
  }

  cudaStream_t stream_ = nullptr;
  void *device_ = nullptr;
};

TEST_F(EmulatedRuntime, ARecordingTakesNoAllocationAndNoWait) {
  void *memory = nullptr, *host = nullptr;
  ASSERT_EQ(cudaHostAlloc(&host, 16, cudaHostAllocDefault), cudaSuccess);
  begin();
  EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaFree(device_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaHostAlloc(&memory, 16, cudaHostAllocDefault), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaFreeHost(host), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaGraphDestroy(end()), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(host), cudaSuccess);
}

TEST_F(EmulatedRuntime, ARecordingTakesPinnedCopiesAlone) {
  char pageable[16] = {};
  void *pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, 16, cudaHostAllocDefault), cudaSuccess);
  char *const inside = static_cast<char *>(pinned) + 8;
  begin();
  EXPECT_EQ(cudaMemcpyAsync(device_, pageable, 8, cudaMemcpyHostToDevice, stream_),
            cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaMemcpyAsync(pageable, device_, 8, cudaMemcpyDeviceToHost, stream_),
            cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaMemcpyAsync(device_, inside, 8, cudaMemcpyHostToDevice, stream_), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(inside, device_, 8, cudaMemcpyDeviceToHost, stream_), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(end()), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST_F(EmulatedRuntime, AnEventIsAPlaceInItsQueue) {
  int ran = 0;
  cudaEvent_t event;
  cudaStream_t other;
  ASSERT_EQ(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  EXPECT_EQ(cudaEventSynchronize(event), cudaSuccess) << "one that was never recorded";
  emulated::submit(stream_, [&] { ran += 1; });
  ASSERT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
  emulated::submit(stream_, [&] { ran += 10; });
  ASSERT_EQ(cudaStreamWaitEvent(other, event, 0), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(other), cudaSuccess);
  EXPECT_EQ(ran, 1) << "what came after the event does not belong to it";
  ASSERT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
  emulated::submit(stream_, [&] { ran += 100; });
  ASSERT_EQ(cudaEventSynchronize(event), cudaSuccess);
  EXPECT_EQ(ran, 11);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(ran, 111);
  begin();
  EXPECT_EQ(cudaStreamWaitEvent(stream_, event, 0), cudaErrorStreamCaptureIsolation);
  EXPECT_EQ(cudaEventRecord(event, stream_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaGraphDestroy(end()), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
}

#if CUDART_VERSION >= 13000
TEST_F(EmulatedRuntime, ConditionsBeginWithTheirDefaultsInEveryLaunch) {
  int ran = 0;
  bool wanted = true;
  cudaGraph_t body = nullptr;
  begin();
  const cudaGraphConditionalHandle handle = condition_of(recorded_into());
  emulated::submit(stream_, [&] { /* a kernel that sets the condition, or leaves it */
                                  if (wanted)
                                    *reinterpret_cast<unsigned *>(static_cast<std::uintptr_t>(handle)) = 1;
  });
  ASSERT_EQ(add_if(&body, recorded_into(), handle), cudaSuccess);
  cudaStream_t block;
  ASSERT_EQ(cudaStreamCreateWithFlags(&block, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaStreamBeginCaptureToGraph(block, body, nullptr, nullptr, 0, cudaStreamCaptureModeRelaxed),
            cudaSuccess);
  emulated::submit(block, [&] { ++ran; });
  ASSERT_EQ(cudaStreamEndCapture(block, &body), cudaSuccess);
  ASSERT_EQ(cudaStreamDestroy(block), cudaSuccess);
  cudaGraph_t graph = end();
  cudaGraphExec_t exec = nullptr;
  ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
  ASSERT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(ran, 1);
  wanted = false;
  ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(ran, 1) << "the condition of the launch before";
  EXPECT_EQ(cudaGraphExecDestroy(exec), cudaSuccess);
}

TEST_F(EmulatedRuntime, ABodyHasNoNodesWithBodies) {
  cudaGraph_t body = nullptr, inner = nullptr;
  begin();
  ASSERT_EQ(add_if(&body, recorded_into(), condition_of(recorded_into())), cudaSuccess);
  EXPECT_EQ(add_if(&inner, body, condition_of(body)), cudaErrorNotSupported);
  EXPECT_EQ(cudaGraphDestroy(end()), cudaSuccess);
}
#endif

TEST_F(EmulatedRuntime, ADestroyedGraphIsNotLaunched) {
  int ran = 0;
  cudaGraphExec_t exec = nullptr;
  begin();
  emulated::submit(stream_, [&] { ++ran; });
  cudaGraph_t graph = end();
  ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
  ASSERT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  EXPECT_EQ(cudaGraphExecDestroy(exec), cudaSuccess) << "while a launch waits, which goes on";
  EXPECT_EQ(cudaGraphLaunch(exec, stream_), cudaErrorInvalidValue);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(ran, 1);
}

// What one stream does for another is there in any order of serving them if an event says so, and only then.
TEST_F(EmulatedRuntime, OnlyEventsOrderStreams) {
  const auto sees = [&](unsigned seed, bool with_event) {
    cudaStream_t other;
    cudaEvent_t event;
    EXPECT_EQ(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), cudaSuccess);
    EXPECT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
    emulated::serve_at_random(seed);
    int written = 0, seen = 0;
    for (int i = 0; i < 3; ++i) emulated::submit(stream_, [&] { ++written; });
    EXPECT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
    if (with_event) {
      EXPECT_EQ(cudaStreamWaitEvent(other, event, 0), cudaSuccess);
    }
    emulated::submit(other, [&] { seen = written; });
    EXPECT_EQ(cudaStreamSynchronize(other), cudaSuccess);
    emulated::serve_at_random(0);
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    EXPECT_EQ(written, 3);
    EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
    EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
    return seen;
  };
  std::set<int> without;
  for (unsigned seed = 0; seed < 40; ++seed) {
    EXPECT_EQ(sees(seed, true), 3) << seed;
    without.insert(sees(seed, false));
  }
  EXPECT_GT(without.size(), 2u) << "a missing event shows";
}

#ifndef __SANITIZE_ADDRESS__
// The launcher's arguments, and structures among them, must not lead to the host.
TEST_F(EmulatedRuntime, KernelsAreNotGivenTheHostsMemory) {
  float host[4] = {};
  void *pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, 64, cudaHostAllocDefault), cudaSuccess);
  auto *device = static_cast<float *>(device_);
  const auto scale = [&](float *to, const float *from) {
    return dslt_kernel_axpby(stream_, to, 2.0f, from, 0.0f, nullptr, 4, nullptr);
  };
  EXPECT_EQ(scale(device, host), DSLT_EDEVICE);
  EXPECT_NE(std::string(dslt_last_error()).find("of the host's memory"), std::string::npos)
      << dslt_last_error();
  EXPECT_EQ(scale(host, device), DSLT_EDEVICE);
  std::vector<float> heap(4);
  EXPECT_EQ(scale(heap.data(), device), DSLT_EDEVICE);
  EXPECT_EQ(scale(device, static_cast<float *>(pinned)), DSLT_OK) << dslt_last_error();
  dslt_param param = {device, device, device, host, 4, 0.0f, 0.0f, 0};  // goes into a structure
  const dslt_adam_rule rule = {0.9f, 0.999f, 1e-8f};
  EXPECT_EQ(dslt_kernel_adam(stream_, &param, 1, &rule, static_cast<int32_t *>(device_),
                             static_cast<uint32_t *>(device_), nullptr),
            DSLT_EDEVICE);
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

// Four bytes behind the last member are nobody's: they may hold half of an address, and a number before them the other.
TEST_F(EmulatedRuntime, WhatLiesBetweenMembersIsNoAddress) {
  struct Arguments {
    const float *from[3];
    float number;
  };
  static_assert(sizeof(Arguments) == 32, "four bytes behind the number");
  static float host;
  const float *address = &host;
  Arguments arguments = {};
  std::memcpy(reinterpret_cast<char *>(&arguments) + offsetof(Arguments, number), &address, sizeof address);
  EXPECT_EQ(emulated::check("nothing", arguments), DSLT_OK) << dslt_last_error();
  arguments.from[2] = &host;
  EXPECT_EQ(emulated::check("nothing", arguments), DSLT_EDEVICE);
}

// As on a real GPU; what the host may read is what it copied.
TEST_F(EmulatedRuntime, TheHostFaultsWhereItTouchesDeviceMemory) {
  void *memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 64), cudaSuccess);
  auto *device = static_cast<volatile int *>(memory);
  EXPECT_EXIT({ *device = 1; }, testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT({ std::printf("%d", *device); }, testing::KilledBySignal(SIGSEGV), "");
  int seen = 0;
  emulated::submit(stream_, [=] { *device = 7; });  // a kernel may
  cudaMemcpyAsync(&seen, memory, sizeof seen, cudaMemcpyDeviceToHost, stream_);
  EXPECT_EXIT({ *device = 1; }, testing::KilledBySignal(SIGSEGV), "");
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(seen, 7);
  EXPECT_EXIT({ *device = 1; }, testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EQ(cudaFree(memory), cudaSuccess);
}
#endif

}  // namespace
