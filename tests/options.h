/* SPDX-License-Identifier: Apache-2.0 */
// options.h: the options' handle as a C++ value, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

#include "dslt/dslt.h"

class Options {
 public:
  explicit Options(const char *preset) {
    EXPECT_EQ(dslt_options_create(&handle_, preset), DSLT_OK) << dslt_last_error();
  }
  explicit Options(dslt_options *owned) : handle_(owned) {}
  Options(const Options &other) {
    EXPECT_EQ(dslt_options_clone(&handle_, other.handle_), DSLT_OK) << dslt_last_error();
  }
  Options &operator=(Options other) {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Options() { dslt_options_free(handle_); }

  operator dslt_options *() const { return handle_; }

  // options["memory"] = 3, options["loss"] = "l2"
  class Place {
   public:
    Place(dslt_options *options, const char *key) : options_(options), key_(key) {}
    void operator=(const char *text) {
      EXPECT_EQ(dslt_options_set(options_, key_, text), DSLT_OK) << dslt_last_error();
    }
    void operator=(int number) { *this = std::to_string(number).c_str(); }
    void operator=(double number) {
      std::ostringstream text;
      text.precision(17);
      text << number;
      *this = text.str().c_str();
    }

   private:
    dslt_options *options_;
    const char *key_;
  };
  Place operator[](const char *key) { return Place(handle_, key); }

  std::string text(const char *key) const {
    char out[64] = "";
    EXPECT_EQ(dslt_options_get(out, sizeof out, handle_, key), DSLT_OK) << dslt_last_error();
    return out;
  }
  double number(const char *key) const { return std::strtod(text(key).c_str(), nullptr); }

  // Tracker, preset and every option, one a line.
  std::string all() const {
    std::string lines =
        std::string(dslt_options_tracker(handle_)) + " " + dslt_options_preset(handle_) + "\n";
    dslt_option_info row;
    for (int i = 0; dslt_options_describe(&row, handle_, i) == DSLT_OK; ++i)
      lines += std::string(row.key) + "=" + text(row.key) + "\n";
    return lines;
  }
  bool operator==(const Options &other) const { return all() == other.all(); }

 private:
  dslt_options *handle_ = nullptr;
};
