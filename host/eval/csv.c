/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c: an evaluation as comma-separated values. */
#include <string.h>

#include "eval/measures.h"
#include "eval/tables.h"

void dslt_csv_name(FILE *stream, const char *text) {
  if (!strpbrk(text, ",\"\r\n")) {
    fputs(text, stream);
    return;
  }
  fputc('"', stream);
  for (; *text; text++) {
    if (*text == '"') fputc('"', stream);
    fputc(*text, stream);
  }
  fputc('"', stream);
}

typedef struct csv {
  FILE *stream;
  const dslt_measure *measures;
  int measure_count;
} csv;

static void put_row(const csv *on, const char *tracker, const char *scope, const char *name,
                    const dslt_scores *scores) {
  dslt_csv_name(on->stream, tracker);
  fprintf(on->stream, ",%s,", scope);
  dslt_csv_name(on->stream, name);
  fprintf(on->stream, ",%d,%lld", scores->sequences, (long long)scores->frames);
  for (int m = 0; m < on->measure_count; m++)
    fprintf(on->stream, ",%.17g", dslt_measure_value(&on->measures[m], scores));
  fputc('\n', on->stream);
}

void dslt_eval_csv_draw(FILE *stream, const dslt_evaluation *evaluation) {
  csv on = {.stream = stream};
  on.measures = dslt_measures_of(&on.measure_count, evaluation->options.protocol);
  fputs("tracker,scope,name,sequences,frames", stream);
  for (int m = 0; m < on.measure_count; m++) fprintf(stream, ",%s", on.measures[m].key);
  fputc('\n', stream);
  const dslt_dataset_kind *kind = dslt_dataset_kind_of(evaluation->set);
  for (int t = 0; t < evaluation->tracker_count; t++) {
    const dslt_tracker_scores *tracker = &evaluation->trackers[t];
    if (tracker->overall.sequences > 0) put_row(&on, tracker->name, "overall", kind->name, &tracker->overall);
    for (int a = 0; a < kind->attribute_count; a++)
      if (tracker->attributes[a].sequences > 0)
        put_row(&on, tracker->name, "attribute", kind->attributes[a].name, &tracker->attributes[a]);
    for (int i = 0; i < evaluation->sequence_count; i++)
      if (tracker->cells[i].state == DSLT_CELL_SCORED)
        put_row(&on, tracker->name, "sequence", dslt_evaluation_sequence(evaluation, i)->name,
                &tracker->cells[i].scores);
  }
}
