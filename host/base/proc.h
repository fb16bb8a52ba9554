/* SPDX-License-Identifier: Apache-2.0 */
/* proc.h: single values of Linux's /proc. */
#ifndef DSLT_BASE_PROC_H
#define DSLT_BASE_PROC_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The value behind "key: value" (with any blanks around the colon) in a file of /proc, cut to `size` bytes.
 * 1 when it is there, else 0. */
int dslt_proc_value(char *out, size_t size, const char *file, const char *key);

#ifdef __cplusplus
}
#endif

#endif
