/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: what DSLT has learnt of a target, for saving. */
#include "base/error.h"
#include "trackers/dslt/dslt.h"

int dslt_dslt_archive(dslt_target *t, dslt_archive *a) {
  dslt_dslt_target *own = dslt_dslt_target_of(t);
  /* taps are only for the first frame */
  if (a->reading) dslt_samples_free(&own->first, t->backend);
  DSLT_TRY(dslt_head_archive(own->head, a));
  return dslt_samples_archive(&own->samples, t->backend, a);
}
