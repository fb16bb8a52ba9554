/* SPDX-License-Identifier: Apache-2.0 */
// small_trackloss.h: options with which a preset of the tracking loss is quick over a narrow network: few boxes, narrow heads, small
// search areas, few steps; every kind of frame within six.
#pragma once

#include <utility>
#include <vector>

namespace small_trackloss {

inline const std::vector<std::pair<const char *, const char *>> &settings() {
  static const std::vector<std::pair<const char *, const char *>> all = {{"head_channels", "8"},
                                                                         {"init_sigma", "0.05"},
                                                                         {"rate", "0.03,0.03,0.01,0.01"},
                                                                         {"candidates", "32"},
                                                                         {"candidate_shift", "0.3"},
                                                                         {"widen_max", "0.4"},
                                                                         {"init_positives", "12"},
                                                                         {"init_negatives", "20"},
                                                                         {"positives", "4"},
                                                                         {"negatives", "6"},
                                                                         {"collect_interval", "2"},
                                                                         {"positive_memory", "16"},
                                                                         {"negative_memory", "24"},
                                                                         {"recent_positives", "8"},
                                                                         {"batch_positives", "2"},
                                                                         {"batch_negatives", "3"},
                                                                         {"mined", "5"},
                                                                         {"init_steps", "4"},
                                                                         {"update_interval", "3"},
                                                                         {"update_steps", "2"}};
  return all;
}

}  // namespace small_trackloss
