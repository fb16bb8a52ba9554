/* SPDX-License-Identifier: Apache-2.0 */
/* shipped.c: the weights that ship, weights/{slim,siamese,trackloss,adacfnet}.safetensors, as bytes of the library itself. */
#include <string.h>

#include "nn/weights_internal.h"

/* The assembler includes the files; C arrays of millions of numbers would take minutes to compile. */
#define SHIPPED(name, file)                                                               \
  __asm__(                                                                                \
      ".section .rodata\n"                                                                \
      ".balign 64\n"                                                                      \
      "dslt_shipped_" #name                                                               \
      ":\n"                                                                               \
      ".incbin \"" file                                                                   \
      "\"\n"                                                                              \
      "dslt_shipped_" #name                                                               \
      "_end:\n"                                                                           \
      ".byte 0\n"                                                                         \
      ".previous\n");                                                                     \
  extern const unsigned char dslt_shipped_##name[] __attribute__((visibility("hidden"))), \
      dslt_shipped_##name##_end[] __attribute__((visibility("hidden")))

SHIPPED(slim, DSLT_SHIPPED_FOLDER "/slim.safetensors");
SHIPPED(siamese, DSLT_SHIPPED_FOLDER "/siamese.safetensors");
SHIPPED(trackloss, DSLT_SHIPPED_FOLDER "/trackloss.safetensors");
SHIPPED(adacfnet, DSLT_SHIPPED_FOLDER "/adacfnet.safetensors");

static const struct shipped {
  const char *name;
  const unsigned char *begin, *end;
} shipped[] = {
    {"siamese", dslt_shipped_siamese, dslt_shipped_siamese_end},
    {"slim", dslt_shipped_slim, dslt_shipped_slim_end},
    {"trackloss", dslt_shipped_trackloss, dslt_shipped_trackloss_end},
    {"adacfnet", dslt_shipped_adacfnet, dslt_shipped_adacfnet_end},
};

enum { COUNT = sizeof shipped / sizeof *shipped };

const char *dslt_weights_shipped(int index) {
  return index >= 0 && index < COUNT ? shipped[index].name : NULL;
}

int dslt_shipped_bytes(const void **data, size_t *size, const char *name) {
  for (int i = 0; i < COUNT; ++i) {
    if (strcmp(name, shipped[i].name) != 0) continue;
    *data = shipped[i].begin;
    *size = (size_t)(shipped[i].end - shipped[i].begin);
    return 1;
  }
  return 0;
}
