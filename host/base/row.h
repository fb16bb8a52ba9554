/* SPDX-License-Identifier: Apache-2.0 */
/* row.h: what a row of text is that only looks like a row of numbers. */
#ifndef DSLT_BASE_ROW_H
#define DSLT_BASE_ROW_H

#ifdef __cplusplus
extern "C" {
#endif

/* For the row [at, end): how a sentence goes on after "Line 3 of FILE ", or NULL where nothing is odd. Known are
 * masks of VOT-2020 and later, and decimal commas: four numbers with other separators than commas between them,
 * and commas inside ("12,5;30;40,25;50", or tabs or blanks), which would be taken for more numbers. */
const char *dslt_row_oddity(const char *at, const char *end);

#ifdef __cplusplus
}
#endif

#endif
