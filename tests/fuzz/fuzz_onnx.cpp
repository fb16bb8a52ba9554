/* SPDX-License-Identifier: Apache-2.0 */
// libFuzzer entry for ONNX models: whatever is read can be checked, mapped and written as text without harm.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "nn/network.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth) {
  if (!truth) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  dslt_network *network = nullptr;
  const int rc = dslt_network_from_onnx(&network, data, size, "fuzz", nullptr, nullptr);
  if (rc < 0) {
    require((rc == DSLT_EFORMAT || rc == DSLT_EWEIGHTS) && !network && dslt_last_error()[0]);
    return 0;
  }
  const dslt_graph &g = network->graph;
  require(g.layers >= 1 && dslt_graph_check(&g) == DSLT_OK && dslt_network_check(network) == DSLT_OK);
  std::vector<dslt_node_map> maps(size_t(g.layers));
  for (int side : {1, 64, 333}) {
    const int mapped = dslt_graph_maps(maps.data(), &g, nullptr, side, side + 1);
    require(mapped == DSLT_OK || mapped == DSLT_EWEIGHTS);
  }
  for (int i = 0; i < g.layers; ++i)
    for (int k = 0; k < g.layer[i].inputs; ++k) require(g.layer[i].input[k] < i);
  if (g.layers > 1) {
    const int tapped = dslt_network_set_taps(network, g.layer[g.layers - 1].name);
    require(tapped == DSLT_OK || tapped == DSLT_EWEIGHTS);
  }
  dslt_network_free(network);
  return 0;
}
