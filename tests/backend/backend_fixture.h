// backend_fixture.h: an open CPU backend and its memory, freed by itself.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "backend/backend.h"
#include "reference.h"

class Backend {
 public:
  explicit Backend(int precision = DSLT_PRECISION_F32, int threads = 2) {
    dslt_backend_config config = {threads, precision};
    if (dslt_backend_open(&backend_, "cpu", &config) == DSLT_OK) ops = backend_->ops;
    if (ops) ops->begin(backend_);
  }
  ~Backend() {
    if (!ops) return;
    for (void *m : memory_) ops->release(backend_, m);
    ops->end(backend_);
    ops->close(backend_);
  }
  Backend(const Backend &) = delete;
  Backend &operator=(const Backend &) = delete;

  float *floats(std::size_t count) {
    void *out = nullptr;
    EXPECT_EQ(ops->alloc(&out, backend_, (count ? count : 1) * sizeof(float)), DSLT_OK) << dslt_last_error();
    memory_.push_back(out);
    return static_cast<float *>(out);
  }
  float *upload(const ref::Map &m) {
    float *out = floats(m.size());
    std::vector<float> host = ref::f32(m);
    EXPECT_EQ(ops->upload(backend_, out, host.data(), host.size() * sizeof(float)), DSLT_OK);
    return out;
  }
  std::vector<float> download(const float *m, std::size_t count) {
    std::vector<float> out(count);
    EXPECT_EQ(ops->download(backend_, out.data(), m, count * sizeof(float)), DSLT_OK);
    return out;
  }
  dslt_backend *get() { return backend_; }
  const dslt_backend_ops *ops = nullptr;

 private:
  dslt_backend *backend_ = nullptr;
  std::vector<void *> memory_;
};
