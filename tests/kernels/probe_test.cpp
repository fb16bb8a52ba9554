/* SPDX-License-Identifier: Apache-2.0 */
// What the CUDA probe says about machines of every kind, and what it finds on this one.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "backend/backend.h"
#include "skip.h"

#if DSLT_CUDA
#include "backend/cuda/probe.h"

namespace {

dslt_cuda_facts facts(dslt_cuda_state state) {
  dslt_cuda_facts f = {};
  f.state = state;
  f.runtime = 13000;
  f.driver = 13010;
  return f;
}

// The two texts of a machine.
std::string words(const dslt_cuda_facts &f) {
  dslt_backend_info info;
  dslt_cuda_describe(&info, &f);
  EXPECT_STREQ(info.name, "cuda");
  EXPECT_EQ(info.compiled, 1);
  EXPECT_EQ(info.available, f.state == DSLT_CUDA_READY);
  EXPECT_EQ(info.bf16, f.state == DSLT_CUDA_READY && f.major >= 8);
  return std::string(info.device) + " | " + info.library;
}

TEST(CudaProbe, NoDriver) {
  dslt_cuda_facts f = facts(DSLT_CUDA_NO_DRIVER);
  f.driver = 0;
  EXPECT_EQ(words(f), "no NVIDIA driver is installed | CUDA runtime 13.0, no driver");
}

TEST(CudaProbe, OldDriverNamesBothVersions) {
  dslt_cuda_facts f = facts(DSLT_CUDA_OLD_DRIVER);
  f.driver = 12020;
  EXPECT_EQ(words(f), "driver for CUDA 12.2, 13.0 is needed | CUDA runtime 13.0, driver for 12.2");
}

TEST(CudaProbe, NoDevice) {
  EXPECT_EQ(words(facts(DSLT_CUDA_NO_DEVICE)),
            "the driver finds no CUDA device | CUDA runtime 13.0, driver for 13.1");
}

TEST(CudaProbe, OldDevice) {
  dslt_cuda_facts f = facts(DSLT_CUDA_OLD_DEVICE);
  f.devices = 1;
  f.major = 6;
  f.minor = 1;
  f.memory = uint64_t(11) << 30;
  std::strcpy(f.name, "NVIDIA GeForce GTX 1080 Ti");
  EXPECT_EQ(words(f),
            "no kernels for compute capability 6.1 | CUDA runtime 13.0, driver for 13.1; NVIDIA GeForce GTX "
            "1080 Ti, "
            "11 GiB, compute capability 6.1");
}

dslt_cuda_facts h200(dslt_cuda_state state) {
  dslt_cuda_facts f = facts(state);
  f.devices = 1;
  f.major = 9;
  f.memory = uint64_t(140) << 30;
  std::strcpy(f.name, "NVIDIA H200");
  return f;
}

TEST(CudaProbe, ReadyDeviceAndItsLibraries) {
  dslt_cuda_facts f = h200(DSLT_CUDA_READY);
  f.cublas = 130002;
  f.cudnn = 91900;
  EXPECT_EQ(words(f),
            "NVIDIA H200, 140 GiB, compute capability 9.0 | CUDA runtime 13.0, driver for 13.1, "
            "cuBLAS 13.0, cuDNN 9.19");
  f.cudnn = 0;
  EXPECT_EQ(words(f),
            "NVIDIA H200, 140 GiB, compute capability 9.0 | CUDA runtime 13.0, driver for 13.1, "
            "cuBLAS 13.0, no cuDNN");
  f.major = 7, f.minor = 5;
  words(f);  // before 8.0 there is no bfloat16
}

TEST(CudaProbe, NoCublasSaysWhatTheLoaderSaid) {
  dslt_cuda_facts f = h200(DSLT_CUDA_NO_CUBLAS);
  f.trouble = "libcublas.so.13: cannot open shared object file";
  EXPECT_EQ(words(f).rfind("cuBLAS cannot be opened (libcublas.so.13: cannot open shared object file) | ", 0),
            0u);
}

TEST(CudaProbe, LongWordsOfTheDriverAreCut) {
  dslt_cuda_facts f = facts(DSLT_CUDA_DRIVER_TROUBLE);
  std::string trouble(300, 'x');
  f.trouble = trouble.c_str();
  std::memset(f.name, 'n', sizeof f.name - 1);
  EXPECT_EQ(words(f).rfind("xxx", 0), 0u);
}

template <std::size_t M, std::size_t P>
int fits(const int (&machine)[M], const int (&ptx)[P], int major, int minor, int integrated = 0) {
  const dslt_cuda_code code = {machine, ptx, int(M), int(P)};
  return dslt_cuda_fits(&code, major, minor, integrated);
}

TEST(CudaProbe, WhichKernelsFitWhichDevice) {
  const int all[] = {75, 80, 86, 89, 90, 100, 120}, newest[] = {120}, gap[] = {75, 90}, nine[] = {90};
  EXPECT_FALSE(fits(all, newest, 6, 1));
  EXPECT_FALSE(fits(all, newest, 7, 0));
  EXPECT_TRUE(fits(all, newest, 7, 5));
  EXPECT_TRUE(fits(all, newest, 8, 8));  // machine code of 8.6
  EXPECT_TRUE(fits(all, newest, 10, 3));
  EXPECT_FALSE(fits(all, newest, 11, 0));  // no code of 11.x, and the PTX is for a later one
  EXPECT_TRUE(fits(all, newest, 13, 0));   // by PTX
  EXPECT_FALSE(fits(gap, nine, 8, 6));
  EXPECT_TRUE(fits(gap, nine, 9, 0));
  EXPECT_TRUE(fits(gap, nine, 12, 0));
}

// Machine code of graphics cards does not run on Tegra, nor the other way round; PTX does.
TEST(CudaProbe, WhichKernelsFitAJetson) {
  const int cards[] = {75, 80, 86, 90}, newest[] = {90}, both[] = {75, 90}, orin[] = {87}, none[] = {120};
  EXPECT_FALSE(fits(cards, newest, 8, 7, 1));  // sm_86
  EXPECT_TRUE(fits(cards, both, 8, 7, 1));     // by the PTX of 7.5
  EXPECT_TRUE(fits(orin, none, 8, 7, 1));
  EXPECT_FALSE(fits(orin, none, 8, 9, 0));
  EXPECT_TRUE(fits(cards, newest, 11, 0, 1));
}

TEST(CudaProbe, ThisMachine) {
  dslt_backend_info info;
  ASSERT_EQ(dslt_backend_query(&info, 1), DSLT_OK);
  EXPECT_EQ(info.compiled, 1);
  EXPECT_EQ(std::string(info.library).rfind("CUDA runtime 1", 0), 0u) << info.library;
  dslt_cuda_facts f;
  dslt_cuda_facts_read(&f);
  EXPECT_EQ(f.state == DSLT_CUDA_NO_DRIVER, f.driver == 0);
  EXPECT_EQ(f.name[0] != '\0', f.state == DSLT_CUDA_READY || f.state == DSLT_CUDA_OLD_DEVICE);
}

}  // namespace
#endif

// In every build: asking for a GPU that is not there says why, and "auto" goes to the CPU and says so.
TEST(CudaBackend, RefusedWithTheReasonAndAutoFallsBack) {
  dslt_backend_info info;
  ASSERT_EQ(dslt_backend_query(&info, 1), DSLT_OK);
  if (info.available) GTEST_SKIP() << skip::kWithGpu << info.device;
  dslt_backend_config config = {1, DSLT_PRECISION_F32, 0};
  dslt_backend *backend = nullptr;
  ASSERT_EQ(dslt_backend_open(&backend, "cuda", &config), DSLT_EBACKEND);
  EXPECT_NE(std::strstr(dslt_last_error(), info.device), nullptr) << dslt_last_error();
  char note[256] = "old";
  ASSERT_EQ(dslt_backend_open_noting(&backend, note, sizeof note, "auto", &config), DSLT_OK)
      << dslt_last_error();
  EXPECT_STREQ(backend->type->name, "cpu");
  EXPECT_EQ(std::strstr(note, info.device) != nullptr, info.compiled == 1) << note;
  backend->device->close(backend);
}
