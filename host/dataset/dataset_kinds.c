/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_kinds.c: the kinds of benchmark sets, gathered from the layouts. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/nearest.h"
#include "dataset/dataset_internal.h"

static const dslt_layout *const layouts[] = {
#define ROW(name) &dslt_layout_##name,
    DSLT_LAYOUTS(ROW)
#undef ROW
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts, MOST_KINDS = 64 };

const dslt_dataset_kind *dslt_dataset_kind_at(int index) {
  for (int i = 0; i < LAYOUTS && index >= 0; i++) {
    if (index < layouts[i]->kind_count) return &layouts[i]->kinds[index].kind;
    index -= layouts[i]->kind_count;
  }
  return NULL;
}

int dslt_dataset_kind_find(const dslt_dataset_kind **out, const char *name) {
  if (!out || !name) return dslt_fail(DSLT_EARGUMENT, "The name of the dataset is missing.");
  const char *names[MOST_KINDS];
  char all[512] = "";
  size_t used = 0;
  int count = 0;
  const dslt_dataset_kind *kind;
  for (; count < MOST_KINDS && (kind = dslt_dataset_kind_at(count)); count++) {
    names[count] = kind->name;
    if (strcasecmp(name, kind->name) != 0) continue;
    *out = kind;
    return DSLT_OK;
  }
  for (int i = 0; i < count && used < sizeof all; i++)
    used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
                             i == 0          ? ""
                             : i + 1 < count ? ", "
                                             : " or ",
                             names[i]);
  const int nearest = dslt_nearest(name, names, count);
  if (nearest >= 0)
    return dslt_fail(DSLT_EOPTION, "Unknown dataset \"%.40s\": did you mean \"%s\"?", name, names[nearest]);
  return dslt_fail(DSLT_EOPTION, "Unknown dataset \"%.40s\": choose %s.", name, all);
}

const dslt_kind_row *dslt_kind_row_of(const dslt_dataset_kind *kind) { return (const dslt_kind_row *)kind; }

const dslt_fact *dslt_kind_fact(const dslt_kind_row *row, int index) {
  if (!row->facts || index < 0) return NULL;
  for (int i = 0; i < *row->fact_count; i++) {
    const dslt_fact *fact = &row->facts[i];
    if (row->member && !(fact->member & row->member)) continue;
    if (index-- == 0) return fact;
  }
  return NULL;
}

const char *dslt_dataset_kind_sequence(const dslt_dataset_kind *kind, int index) {
  const dslt_fact *fact = kind ? dslt_kind_fact(dslt_kind_row_of(kind), index) : NULL;
  return fact ? fact->name : NULL;
}
