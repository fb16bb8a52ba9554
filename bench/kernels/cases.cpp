/* SPDX-License-Identifier: Apache-2.0 */
// cases.cpp: all cases, in the order of a frame.
#include "cases.h"

namespace bench {

std::vector<Entry> entries() {
  std::vector<Entry> out;
  for (auto part : {input_cases, network_cases, layer_cases, head_cases, head_cudnn_cases, match_cases,
                    filter_cases, candidate_cases, anchor_cases, update_cases, state_cases})
    for (Entry &entry : part()) out.push_back(std::move(entry));
  return out;
}

}  // namespace bench
