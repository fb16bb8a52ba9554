/* SPDX-License-Identifier: Apache-2.0 */
/* types.c: the list of trackers. A new tracker is a row here and a folder in host/trackers. */
#include "tracker/type.h"

/* Each row is defined by its tracker's folder; this room includes nothing from there. */
extern const dslt_tracker_type dslt_type_siamese, dslt_type_dslt, dslt_type_crt, dslt_type_adacf,
    dslt_type_trackloss;

static const dslt_tracker_type *const types[] = {&dslt_type_siamese, &dslt_type_dslt, &dslt_type_crt,
                                                 &dslt_type_adacf, &dslt_type_trackloss};

const dslt_tracker_type *dslt_tracker_type_at(int index) {
  return index >= 0 && index < (int)(sizeof types / sizeof *types) ? types[index] : NULL;
}
