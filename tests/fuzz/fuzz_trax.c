/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer entry for what a TraX client may send: the first byte picks messages, regions or frames. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dslt/dslt.h"
#include "trax/image.h"
#include "trax/message.h"
#include "trax/region.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
  if (!truth) abort();
}

/* What was read is written in one line, which reads back as the same. */
static void write_again(const dslt_trax_message *m) {
  char *text = NULL;
  size_t size = 0;
  dslt_trax_message again;
  FILE *stream = open_memstream(&text, &size);
  if (!stream) return;
  dslt_trax_write(stream, m);
  fclose(stream);
  require(size > 0 && memchr(text, '\n', size) == text + size - 1);
  require(dslt_trax_parse(&again, text, size - 1) == DSLT_OK && again.type == m->type);
  require(again.arguments == m->arguments && again.properties == m->properties);
  for (int i = 0; i < m->arguments; i++) require(strcmp(again.argument[i], m->argument[i]) == 0);
  for (int i = 0; i < m->properties; i++)
    require(strcmp(again.property[i].key, m->property[i].key) == 0 &&
            strcmp(again.property[i].value, m->property[i].value) == 0);
  free(text);
}

static void fuzz_message(char *text, size_t size) {
  dslt_trax_message m;
  const int rc = dslt_trax_parse(&m, text, size);
  if (rc == DSLT_OK)
    write_again(&m);
  else
    require(rc == DSLT_EFORMAT && dslt_last_error()[0]);
}

static void fuzz_region(const char *text) {
  dslt_box box;
  const int rc = dslt_trax_region_box(&box, text);
  if (rc == DSLT_OK)
    require(box.width > 0 && box.height > 0 && isfinite(box.x) && isfinite(box.y) && isfinite(box.width) &&
            isfinite(box.height));
  else
    require((rc == DSLT_EFORMAT || rc == DSLT_EBOX) && dslt_last_error()[0]);
}

/* Not paths, which would open files. */
static void fuzz_frame(char *text) {
  dslt_frame frame = {0};
  dslt_image image;
  if (strncmp(text, "image:", 6) == 0 || strncmp(text, "data:", 5) == 0) {
    const int rc = dslt_trax_image_read(&image, &frame, text);
    if (rc == DSLT_OK) {
      const uint8_t *last = image.data; /* of each row, which the sanitizer wants to be there */
      volatile unsigned sum = 0;
      last += (size_t)image.width * (size_t)dslt_format_bytes(image.format) - 1;
      for (int y = 0; y < image.height; y++) sum += last[(size_t)y * image.stride];
    }
  } else {
    require(dslt_base64_decode(text) >= -1);
  }
  dslt_frame_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  char *text = malloc(size); /* the first byte's place is the zero at the end */
  if (!text) return 0;
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  switch (data[0] % 3) {
    case 0: fuzz_message(text, size - 1); break;
    case 1: fuzz_region(text); break;
    default: fuzz_frame(text);
  }
  free(text);
  return 0;
}
