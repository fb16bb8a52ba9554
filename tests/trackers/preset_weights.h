/* SPDX-License-Identifier: Apache-2.0 */
// preset_weights.h: for every preset weights that suit it and are quick: narrow random ones, except for preset
// default, whose network ships.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "dslt/dslt.h"
#include "nn/weights.h"
#include "small_cfnet.h"
#include "small_zf.h"

namespace preset_weights {

struct Free {
  void operator()(dslt_weights *w) const { dslt_weights_free(w); }
};

// Stays until the program ends.
inline dslt_weights *of(const std::string &preset) {
  static const auto load = [](const char *name) {
    dslt_weights *out = nullptr;
    EXPECT_EQ(dslt_weights_load(&out, name), DSLT_OK) << dslt_last_error();
    return std::unique_ptr<dslt_weights, Free>(out);
  };
  static const auto from_memory = [](const std::string &bytes) {  // which the weights refer to
    dslt_weights *out = nullptr;
    EXPECT_EQ(dslt_weights_from_memory(&out, bytes.data(), bytes.size(), "small"), DSLT_OK)
        << dslt_last_error();
    return std::unique_ptr<dslt_weights, Free>(out);
  };
  static const std::string plain = small_cfnet::network_file({1}),
                           attention = small_cfnet::network_file({1}, true),
                           zf = small_zf::network_file(true);
  static const auto vgg = load("random:vgg16/16:3"), siamese = load("siamese"), cfnet = from_memory(plain),
                    adacfnet = from_memory(attention), trackloss = from_memory(zf);
  if (preset == "default") return siamese.get();
  if (preset.rfind("trackloss-", 0) == 0) return trackloss.get();
  if (preset == "cfnet") return cfnet.get();
  return preset == "adacfnet" ? adacfnet.get() : vgg.get();
}

}  // namespace preset_weights
