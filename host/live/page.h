/* SPDX-License-Identifier: Apache-2.0 */
/* page.h: the files of the page, which are part of the program. */
#ifndef DSLT_LIVE_PAGE_H
#define DSLT_LIVE_PAGE_H

#include <stddef.h>

#include "live/guard.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_live_file {
  const char *type; /* MIME */
  const void *data;
  size_t size;
} dslt_live_file;

/* The file of a place; 0 where it has none. */
int dslt_live_page_file(dslt_live_file *out, dslt_live_place place);

#ifdef __cplusplus
}
#endif

#endif
