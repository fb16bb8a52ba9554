/* SPDX-License-Identifier: Apache-2.0 */
/* binding.h: what the files of the extension module share: failures, turns, frames, settings. */
#ifndef DSLT_PYTHON_BINDING_H
#define DSLT_PYTHON_BINDING_H

#include <dslt/dslt.h>
#include <nanobind/nanobind.h>

#include <memory>
#include <mutex>
#include <string>

namespace nb = nanobind;

/* A call failed; becomes the exception class of its code (dslt/_errors.py). */
struct Failure {
  int code;
  std::string message;
};

/* Throw this thread's last error where a call returned one. */
inline void check(int code) {
  if (code < 0) throw Failure{code, dslt_last_error()};
}

/* While it lives, other Python threads run, and none but this one uses the object of the mutex. The interpreter's
 * lock is given up first: who waits for the mutex must not hold it. */
class Turn {
 public:
  explicit Turn(std::mutex &mutex) : lock_(mutex) {}

 private:
  nb::gil_scoped_release released_;
  std::lock_guard<std::mutex> lock_;
};

/* The pixels of an array, borrowed in place: its buffer can neither move nor vanish while this lives. */
class Frame {
 public:
  Frame(nb::handle array, int format);
  ~Frame();
  Frame(const Frame &) = delete;
  Frame &operator=(const Frame &) = delete;
  const dslt_image *image() const { return &image_; }

 private:
  Py_buffer view_;
  dslt_image image_;
};

using OptionsPtr = std::unique_ptr<dslt_options, void (*)(dslt_options *)>;
using WeightsPtr = std::shared_ptr<dslt_weights>;

struct Options {
  OptionsPtr handle;
  explicit Options(const char *preset);
  explicit Options(const nb::bytes &state); /* those of a saved tracker */
};

/* Shared with the trackers that use them, which they outlive. */
struct Weights {
  WeightsPtr handle;
  std::string name;
  explicit Weights(const std::string &name);
};

nb::tuple result_tuple(const dslt_result &result);
nb::object response_array(const dslt_response &response); /* a copy */
dslt_box box_of(nb::handle box);                          /* of a sequence of four numbers */
void bind_tables(nb::module_ &module);                    /* errors, presets, backends, Options, Weights */
void bind_trackers(nb::module_ &module);                  /* Tracker, Group */

#endif
