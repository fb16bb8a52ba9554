/* SPDX-License-Identifier: Apache-2.0 */
/* graph_nodes.c: the table of graph nodes. After a change: DSLT_TEST_SHOW=1 dslt_test_emulated --gtest_filter='*GraphNodes*'
 * prints its rows. */
#include "bench/graph_nodes.h"

#include <string.h>

/* clang-format off */
static const dslt_graph_nodes table[] = {
  /* crop, backbone, head, locate, store, update, other; likewise, spared */
  {"default", {4, 46, 17, 3, 3, 38, 5}, {0, 0, 0, 0, 0, 0, 0}},
  {"dslt", {2, 21, 6, 3, 3, 36, 5}, {0, 0, 0, 0, 0, 0, 0}},
  {"paper", {6, 63, 12, 5, 2, 71, 9}, {2, 21, 0, 0, 0, 0, 0}},
  {"released", {6, 57, 16, 5, 2, 183, 9}, {2, 19, 0, 0, 0, 0, 0}},
  {"crt-hog", {2, 5, 3, 3, 3, 45, 5}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv2", {2, 8, 3, 3, 3, 45, 5}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv4", {2, 12, 3, 3, 3, 45, 5}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv7", {2, 15, 3, 3, 3, 45, 5}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv10", {2, 18, 3, 3, 3, 45, 5}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv13", {2, 21, 3, 3, 3, 45, 5}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-released", {2, 15, 3, 3, 3, 77, 5}, {0, 0, 0, 0, 0, 0, 0}},
  {"cfnet", {6, 18, 2, 3, 0, 4, 3}, {0, 0, 0, 0, 0, 0, 0}},
  {"adacfnet", {6, 38, 2, 3, 0, 4, 3}, {0, 0, 0, 0, 0, 0, 0}},
};
/* clang-format on */

const dslt_graph_nodes *dslt_graph_nodes_at(int index) {
  return index >= 0 && index < (int)(sizeof table / sizeof *table) ? &table[index] : NULL;
}

const dslt_graph_nodes *dslt_graph_nodes_of(const char *preset) {
  for (int i = 0; dslt_graph_nodes_at(i); i++)
    if (strcmp(table[i].preset, preset) == 0) return &table[i];
  return NULL;
}
