/* SPDX-License-Identifier: Apache-2.0 */
// backend_fixture.h: an open backend and its memory, freed by itself: the CPU's, or the one that
// DSLT_TEST_BACKEND names, so that every test of this program runs on either (where.cpp skips them all where
// that one cannot run).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "backend/backend.h"
#include "reference/network.h"
#include "skip.h"

inline const char *backend_name() {
  const char *name = std::getenv("DSLT_TEST_BACKEND");
  return name && name[0] ? name : "cpu";
}

// Whether the backend under test computes in bfloat16 on this machine.
inline bool has_bfloat16() {
  dslt_backend_info info;
  for (int i = 0; dslt_backend_query(&info, i) == DSLT_OK; ++i)
    if (std::strcmp(info.name, backend_name()) == 0) return info.bf16 != 0;
  return false;
}

class Backend {
 public:
  explicit Backend(int precision = DSLT_PRECISION_F32, int threads = 2) {
    dslt_backend_config config = {threads, precision, 0};
    EXPECT_EQ(dslt_backend_open(&backend_, backend_name(), &config), DSLT_OK) << dslt_last_error();
    if (backend_) ops = backend_->ops;
    if (ops) {
      EXPECT_EQ(ops->begin(backend_), DSLT_OK) << dslt_last_error();
    }
  }
  ~Backend() {
    if (!ops) return;
    for (void *m : memory_) ops->release(backend_, m);
    ops->end(backend_);
    ops->close(backend_);
  }
  Backend(const Backend &) = delete;
  Backend &operator=(const Backend &) = delete;

  float *zeros(std::size_t count) {
    void *out = nullptr;
    EXPECT_EQ(ops->alloc(&out, backend_, (count ? count : 1) * sizeof(float)), DSLT_OK) << dslt_last_error();
    memory_.push_back(out);
    return static_cast<float *>(out);
  }
  // For results: full of NaN, so that what is not written, or only added to, shows.
  float *floats(std::size_t count) {
    float *out = zeros(count);
    const std::vector<float> nothing(count, NAN);
    EXPECT_EQ(ops->upload(backend_, out, nothing.data(), count * sizeof(float)), DSLT_OK);
    return out;
  }
  float *upload(const ref::Map &m) {
    float *out = zeros(m.size());
    std::vector<float> host = ref::f32(m);
    EXPECT_EQ(ops->upload(backend_, out, host.data(), host.size() * sizeof(float)), DSLT_OK);
    return out;
  }
  std::vector<float> download(const float *m, std::size_t count) {
    std::vector<float> out(count);
    EXPECT_EQ(ops->download(backend_, out.data(), m, count * sizeof(float)), DSLT_OK);
    return out;
  }
  // One object in backend memory, and what it has become.
  template <typename T>
  T *put(const T &value) {
    T *out = reinterpret_cast<T *>(zeros((sizeof(T) + 3) / 4));
    EXPECT_EQ(ops->upload(backend_, out, &value, sizeof value), DSLT_OK) << dslt_last_error();
    return out;
  }
  template <typename T>
  T see(const T *there) {
    T out;
    EXPECT_EQ(ops->download(backend_, &out, there, sizeof out), DSLT_OK) << dslt_last_error();
    return out;
  }
  dslt_backend *get() { return backend_; }
  const dslt_backend_ops *ops = nullptr;

 private:
  dslt_backend *backend_ = nullptr;
  std::vector<void *> memory_;
};
