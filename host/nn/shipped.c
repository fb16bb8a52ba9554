/* SPDX-License-Identifier: Apache-2.0 */
/* shipped.c: the backbone that ships, weights/slim.safetensors, as bytes of the library itself. */
#include "nn/weights_internal.h"

/* The assembler includes the file; a C array of four million numbers would take minutes to compile. */
__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    "dslt_shipped_begin:\n"
    ".incbin \"" DSLT_SHIPPED_FILE
    "\"\n"
    "dslt_shipped_end:\n"
    ".byte 0\n"
    ".previous\n");

extern const unsigned char dslt_shipped_begin[] __attribute__((visibility("hidden")));
extern const unsigned char dslt_shipped_end[] __attribute__((visibility("hidden")));

void dslt_shipped_bytes(const void **data, size_t *size) {
  *data = dslt_shipped_begin;
  *size = (size_t)(dslt_shipped_end - dslt_shipped_begin);
}
