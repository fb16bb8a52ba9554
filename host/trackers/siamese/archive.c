/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: template and regression of a target, for saving. */
#include "backend/archive.h"

#include "base/error.h"
#include "trackers/siamese/siamese.h"

static const dslt_field fit_fields[] = {
    DSLT_FIELD(FLOAT, dslt_box_fit, x, -1e3, 1e3),
    DSLT_FIELD(FLOAT, dslt_box_fit, y, -1e3, 1e3),
    DSLT_FIELD(FLOAT, dslt_box_fit, width, -0.5, 0.5),
    DSLT_FIELD(FLOAT, dslt_box_fit, height, -0.5, 0.5),
};

int dslt_siamese_archive(dslt_target *t, dslt_archive *a) {
  dslt_siamese_target *own = dslt_siamese_target_of(t);
  const dslt_template_rules *r = &own->following;
  const size_t bytes = (size_t)r->cells * (size_t)r->cells * (size_t)r->channels * sizeof(float);
  DSLT_TRY(dslt_archive_fields(a, "fit", &own->fit, fit_fields, 4));
  DSLT_TRY(dslt_archive_memory(a, "filters", t->backend, own->filters, bytes));
  DSLT_TRY(dslt_archive_memory(a, "template", t->backend, own->first, bytes));
  DSLT_TRY(dslt_archive_memory(a, "template's mean", t->backend, own->mean, bytes));
  if (!own->head) return DSLT_OK;
  DSLT_TRY(dslt_head_archive(own->head, a));
  return dslt_samples_archive(&own->samples, t->backend, a);
}
