/* SPDX-License-Identifier: Apache-2.0 */
/* natural.h: the order people expect of numbered files. */
#ifndef DSLT_MEDIA_NATURAL_H
#define DSLT_MEDIA_NATURAL_H

#ifdef __cplusplus
extern "C" {
#endif

/* Like strcmp(), but runs of digits compare by value (img2 before img10) and letters without regard to case
 * first. Only equal strings give 0, so the order does not depend on the folder's. */
int dslt_natural_compare(const char *a, const char *b);

#ifdef __cplusplus
}
#endif

#endif
