/* SPDX-License-Identifier: Apache-2.0 */
/* graph_nodes.c: the table of graph nodes. After a change: DSLT_TEST_SHOW=1 dslt_test_emulated --gtest_filter='*GraphNodes*'
 * prints its rows. */
#include "bench/graph_nodes.h"

#include <string.h>

/* clang-format off */
static const dslt_graph_nodes table[] = {
  /* crop, backbone, head, locate, store, update, other; likewise, spared */
  {"default", {2, 44, 14, 2, 2, 23, 4}, {0, 0, 0, 0, 0, 0, 0}},
  {"dslt", {1, 18, 4, 2, 2, 21, 3}, {0, 0, 0, 0, 0, 0, 0}},
 {"paper", {3, 54, 6, 3, 1, 49, 5}, {1, 18, 0, 0, 0, 0, 0}},
  {"released", {3, 48, 11, 3, 1, 140, 5}, {1, 16, 0, 0, 0, 0, 0}},
  {"crt-hog", {1, 4, 2, 2, 2, 44, 3}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv2", {1, 5, 2, 2, 2, 44, 3}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv4", {1, 9, 2, 2, 2, 44, 3}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv7", {1, 12, 2, 2, 2, 44, 3}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv10", {1, 15, 2, 2, 2, 44, 3}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-conv13", {1, 18, 2, 2, 2, 44, 3}, {0, 0, 0, 0, 0, 0, 0}},
  {"crt-released", {1, 12, 2, 2, 2, 76, 3}, {0, 0, 0, 0, 0, 0, 0}},
  {"cfnet", {4, 16, 1, 2, 0, 3, 1}, {0, 0, 0, 0, 0, 0, 0}},
  {"adacfnet", {4, 36, 1, 2, 0, 3, 1}, {0, 0, 0, 0, 0, 0, 0}},
  {"trackloss-softmax", {10, 30, 8, 1, 2, 290, 4}, {0, 0, 0, 0, 0, 0, 0}},
  {"trackloss-infogain1", {10, 30, 8, 1, 2, 290, 4}, {0, 0, 0, 0, 0, 0, 0}},
  {"trackloss-infogain2", {10, 30, 8, 1, 2, 290, 4}, {0, 0, 0, 0, 0, 0, 0}},
  {"trackloss-infogain3", {10, 30, 8, 1, 2, 290, 4}, {0, 0, 0, 0, 0, 0, 0}},
  {"trackloss-sigmoid", {10, 30, 8, 1, 2, 290, 4}, {0, 0, 0, 0, 0, 0, 0}},
  {"trackloss-hinge", {10, 30, 8, 1, 2, 290, 4}, {0, 0, 0, 0, 0, 0, 0}},
  {"trackloss-ensemble", {10, 30, 32, 1, 2, 1070, 4}, {0, 0, 0, 0, 0, 0, 0}},
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
