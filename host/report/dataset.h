/* SPDX-License-Identifier: Apache-2.0 */
/* dataset.h: output of `dslt dataset`. */
#ifndef DSLT_REPORT_DATASET_H
#define DSLT_REPORT_DATASET_H

#include "dataset/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One line for each kind on standard output, as text or (`json` nonzero) as JSON. 0 or DSLT_EMEMORY. */
int dslt_dataset_print_kinds(int json);
/* One kind: where its files lie, its attributes, its sequences with their published frame ranges. */
int dslt_dataset_print_kind(const dslt_dataset_kind *kind, int json);
/* The findings on a set. Text: problems first, then a summary line; remarks only if `all` is set. */
int dslt_dataset_print_findings(const dslt_dataset *set, const dslt_findings *findings, int all, int json);

#ifdef __cplusplus
}
#endif

#endif
