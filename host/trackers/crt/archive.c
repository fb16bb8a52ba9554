/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: what CRT has learnt of a target, for saving. */
#include "backend/archive.h"

#include <stddef.h>

#include "base/error.h"
#include "trackers/crt/crt.h"

static int archive_projection(dslt_target *t, dslt_archive *a) {
  static const dslt_field kept[] = {DSLT_FIELD(REAL, dslt_crt_target, kept, 0, 2)};
  dslt_crt_target *own = dslt_crt_target_of(t);
  const size_t channels = (size_t)dslt_crt_channels(own->options, t->shared->weights);
  const size_t projected = (size_t)dslt_crt_projected(own->options, t->shared->weights);
  const size_t shift = (size_t)t->search.scale.levels * own->samples.values[0];
  DSLT_TRY(dslt_archive_fields(a, "principal directions", own, kept, 1));
  if (!own->basis) return DSLT_OK;
  DSLT_TRY(dslt_archive_memory(a, "basis", t->backend, own->basis, channels * projected * sizeof(float)));
  return dslt_archive_memory(a, "shift", t->backend, own->shift, shift * sizeof(float));
}

int dslt_crt_archive(dslt_target *t, dslt_archive *a) {
  dslt_crt_target *own = dslt_crt_target_of(t);
  DSLT_TRY(archive_projection(t, a));
  DSLT_TRY(dslt_crt_regression_archive(&own->regression, a));
  return dslt_samples_archive(&own->samples, t->backend, a);
}
