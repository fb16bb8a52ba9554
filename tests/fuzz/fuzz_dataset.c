/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer entry for the small text files of benchmark sets. The first byte picks the parser, the rest is
 * its text. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/dataset_files.h"
#include "dataset/dataset_text.h"
#include "dslt/dslt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
  if (!truth) abort();
}

static void fuzz_numbers(const char *text, size_t size, int flat) {
  enum { COLUMNS = 8 };
  dslt_numbers numbers = {0};
  const int rc = dslt_numbers_parse(&numbers, text, size, "fuzz", COLUMNS, flat);
  if (rc < 0) {
    require(rc == DSLT_EFORMAT && !numbers.values && dslt_last_error()[0]);
    return;
  }
  require(numbers.rows > 0 && numbers.columns > 0 && numbers.columns <= (flat ? 1 : COLUMNS));
  require((size_t)numbers.rows * (size_t)numbers.columns <= size);
  for (int i = 0; i < numbers.rows * numbers.columns; i++) require(!isinf(numbers.values[i]));
  free(numbers.values);
}

static void fuzz_names(const char *text, size_t size) {
  dslt_names names = {0};
  const int rc = dslt_names_parse(&names, text, size, "fuzz");
  if (rc < 0) {
    require(rc == DSLT_EFORMAT && !names.names && dslt_last_error()[0]);
    return;
  }
  require(names.count > 0);
  for (int i = 0; i < names.count; i++) {
    const char *name = names.names[i];
    require(name[0] && !strchr(name, '/') && strcmp(name, "..") != 0);
    require(dslt_name_fit(name, strlen(name), name, strlen(name)) == DSLT_FIT_EXACT);
  }
  dslt_names_free(&names);
}

static void fuzz_setting(const char *text, size_t size) {
  char *copy = strndup(text, size), value[16];
  if (!copy) return;
  if (dslt_setting(value, sizeof value, copy, "width")) require(strlen(value) < sizeof value);
  free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  const char *text = (const char *)data + 1;
  switch (data[0] % 4) {
    case 0: fuzz_numbers(text, size - 1, 0); break;
    case 1: fuzz_numbers(text, size - 1, 1); break;
    case 2: fuzz_names(text, size - 1); break;
    default: fuzz_setting(text, size - 1);
  }
  return 0;
}
