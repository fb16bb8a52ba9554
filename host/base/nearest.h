/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.h: which of some names a mistyped one was meant to be. */
#ifndef DSLT_BASE_NEAREST_H
#define DSLT_BASE_NEAREST_H

#ifdef __cplusplus
extern "C" {
#endif

/* Index of the name nearest to `text` by edit distance, or -1 when none is near enough to be meant. */
int dslt_nearest(const char *text, const char *const *names, int count);

#ifdef __cplusplus
}
#endif

#endif
