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

int dslt_shipped_bytes(const void **data, size_t *size, const char *name) {
  const unsigned char *begin = NULL, *end = NULL;
  if (strcmp(name, "slim") == 0) begin = dslt_shipped_slim, end = dslt_shipped_slim_end;
  if (strcmp(name, "siamese") == 0) begin = dslt_shipped_siamese, end = dslt_shipped_siamese_end;
  if (strcmp(name, "trackloss") == 0) begin = dslt_shipped_trackloss, end = dslt_shipped_trackloss_end;
  if (strcmp(name, "adacfnet") == 0) begin = dslt_shipped_adacfnet, end = dslt_shipped_adacfnet_end;
  *data = begin;
  *size = (size_t)(end - begin);
  return begin != NULL;
}
