/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer entry for the box and ground-truth parsers. The first byte picks the parser, the rest is its
 * text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/boxes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
  if (!truth) abort();
}

static void fuzz_box(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  if (!text) return;
  memcpy(text, data, size);
  text[size] = '\0';
  dslt_box box;
  int rc = dslt_box_parse(&box, text);
  if (rc == DSLT_OK)
    require(box.width > 0 && box.height > 0 && box.x >= -1e9 && box.x <= 1e9);
  else
    require(rc == DSLT_EBOX && dslt_last_error()[0]);
  free(text);
}

static void fuzz_list(const uint8_t *data, size_t size) {
  dslt_box_list list = {0};
  int rc = dslt_box_list_parse_otb(&list, (const char *)data, size, "fuzz");
  if (rc == DSLT_OK)
    require(list.count > 0 && (size_t)list.count <= size);
  else
    require(rc == DSLT_EFORMAT && !list.boxes && dslt_last_error()[0]);
  dslt_box_list_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  if (data[0] & 1)
    fuzz_list(data + 1, size - 1);
  else
    fuzz_box(data + 1, size - 1);
  return 0;
}
