/* SPDX-License-Identifier: Apache-2.0 */
// backend_fixture.h: an open backend and its memory, freed by itself: the CPU's, or the one that
// DSLT_TEST_BACKEND names, so that every test of this program runs on either (where.cpp skips them all where
// that one cannot run). Its operations count their calls: operations_test.cpp fails for one that no test
// calls.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
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

// Calls of every operation so far, by name.
inline std::map<std::string, long> &operation_calls() {
  static std::map<std::string, long> calls;
  return calls;
}

// A row of a table that counts its calls.
template <typename Function>
class Counted;
template <typename Result, typename... Arguments>
class Counted<Result (*)(Arguments...)> {
 public:
  Counted(Result (*call)(Arguments...), const char *name) : call_(call), name_(name) {}
  Result operator()(Arguments... arguments) const {
    ++operation_calls()[name_];
    return call_(arguments...);
  }

 private:
  Result (*call_)(Arguments...);
  const char *name_;
};

#define COUNTED_MEMBER(type, name, parameters) Counted<type(*) parameters> name;
#define COUNTED_VALUE(type, name, parameters) {table->name, #name},
#define COUNTED_TABLE(Name, Table, OPERATIONS)                                 \
  struct Name {                                                                \
    OPERATIONS(COUNTED_MEMBER)                                                 \
    static Name of(const Table *table) { return {OPERATIONS(COUNTED_VALUE)}; } \
  }
COUNTED_TABLE(CountedDevice, dslt_device_ops, DSLT_DEVICE_OPERATIONS);
COUNTED_TABLE(CountedNn, dslt_nn_ops, DSLT_NN_OPERATIONS);
COUNTED_TABLE(CountedVision, dslt_vision_ops, DSLT_VISION_OPERATIONS);

struct CountedTables {
  CountedDevice device;
  CountedNn nn;
  CountedVision vision;
};

class Backend {
 public:
  explicit Backend(int precision = DSLT_PRECISION_F32, int threads = 2) {
    dslt_backend_config config = {threads, precision, 0};
    EXPECT_EQ(dslt_backend_open(&backend_, backend_name(), &config), DSLT_OK) << dslt_last_error();
    if (!backend_) return;
    ++operation_calls()["open"];
    tables_.push_back({CountedDevice::of(backend_->device), CountedNn::of(backend_->nn),
                       CountedVision::of(backend_->vision)});
    device = &tables_[0].device, nn = &tables_[0].nn, vision = &tables_[0].vision;
    EXPECT_EQ(device->begin(backend_), DSLT_OK) << dslt_last_error();
  }
  ~Backend() {
    if (!backend_) return;
    for (void *m : memory_) device->release(backend_, m);
    device->end(backend_);
    device->close(backend_);
  }
  Backend(const Backend &) = delete;
  Backend &operator=(const Backend &) = delete;

  float *zeros(std::size_t count) {
    void *out = nullptr;
    EXPECT_EQ(device->alloc(&out, backend_, (count ? count : 1) * sizeof(float)), DSLT_OK)
        << dslt_last_error();
    memory_.push_back(out);
    return static_cast<float *>(out);
  }
  // For results: full of NaN, so that what is not written, or only added to, shows.
  float *floats(std::size_t count) {
    float *out = zeros(count);
    const std::vector<float> nothing(count, NAN);
    EXPECT_EQ(device->upload(backend_, out, nothing.data(), count * sizeof(float)), DSLT_OK);
    return out;
  }
  float *upload(const ref::Map &m) {
    float *out = zeros(m.size());
    std::vector<float> host = ref::f32(m);
    EXPECT_EQ(device->upload(backend_, out, host.data(), host.size() * sizeof(float)), DSLT_OK);
    return out;
  }
  std::vector<float> download(const float *m, std::size_t count) {
    std::vector<float> out(count);
    EXPECT_EQ(device->download(backend_, out.data(), m, count * sizeof(float)), DSLT_OK);
    return out;
  }
  // One object in backend memory, and what it has become.
  template <typename T>
  T *put(const T &value) {
    T *out = reinterpret_cast<T *>(zeros((sizeof(T) + 3) / 4));
    EXPECT_EQ(device->upload(backend_, out, &value, sizeof value), DSLT_OK) << dslt_last_error();
    return out;
  }
  template <typename T>
  T see(const T *there) {
    T out;
    EXPECT_EQ(device->download(backend_, &out, there, sizeof out), DSLT_OK) << dslt_last_error();
    return out;
  }
  dslt_backend *get() { return backend_; }
  explicit operator bool() const { return backend_ != nullptr; }
  const CountedDevice *device = nullptr;
  const CountedNn *nn = nullptr;
  const CountedVision *vision = nullptr;

 private:
  dslt_backend *backend_ = nullptr;
  std::vector<CountedTables> tables_;  // one, where a backend is open
  std::vector<void *> memory_;
};
