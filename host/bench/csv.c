/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c: writes a benchmark as CSV: a row for each figure, or one for each value of a sweep. What was not
 * measured is empty. */
#include <math.h>

#include "bench/report.h"

static void csv_number(FILE *f, double value) {
  if (isnan(value))
    fputc(',', f);
  else
    fprintf(f, ",%.6g", value);
}

static void csv_row(FILE *f, const char *key, const char *unit, const dslt_spread *s) {
  fprintf(f, "%s,%s", key, unit);
  csv_number(f, s->median);
  csv_number(f, s->low);
  csv_number(f, s->high);
  fputc('\n', f);
}

static void csv_value(FILE *f, const char *key, const char *unit, double value) {
  const dslt_spread s = {value, value, value};
  csv_row(f, key, unit, &s);
}

static void csv_sweep(FILE *f, const dslt_bench_report *r) {
  fprintf(f, "%s,width,height", dslt_bench_sweep_name(r->request->sweep));
  for (int i = 0; i < DSLT_FIGURES; i++)
    fprintf(f, ",%s,%s_low,%s_high", dslt_figures[i].key, dslt_figures[i].key, dslt_figures[i].key);
  fputc('\n', f);
  for (int p = 0; p < r->point_count; p++) {
    const dslt_bench_point *point = &r->points[p];
    fprintf(f, "%g,%d,%d", point->value, point->width, point->height);
    for (int i = 0; i < DSLT_FIGURES; i++) {
      csv_number(f, point->figure[i].median);
      csv_number(f, point->figure[i].low);
      csv_number(f, point->figure[i].high);
    }
    fputc('\n', f);
  }
}

void dslt_bench_write_csv(FILE *f, const dslt_bench_report *r) {
  if (r->points) {
    csv_sweep(f, r);
    return;
  }
  char key[64];
  fputs("figure,unit,median,low,high\n", f);
  for (int i = 0; i < DSLT_FIGURES; i++) csv_row(f, dslt_figures[i].key, dslt_figures[i].unit, &r->figure[i]);
  for (int i = 0; i < DSLT_STAGE_COUNT; i++) {
    const dslt_stage_reach s = dslt_bench_reach(r, i);
    snprintf(key, sizeof key, "stage_%s_rate", dslt_stage_words[i]);
    csv_value(f, key, "GFLOP/s", 1e-9 * s.flops);
    csv_value(f, key, "GB/s", 1e-9 * s.bandwidth);
    snprintf(key, sizeof key, "stage_%s_floor", dslt_stage_words[i]);
    csv_value(f, key, "ms", s.floor_ms);
  }
  csv_value(f, "other_work", "", r->others);
  const dslt_bench_ceiling *c = &r->ceiling;
  csv_value(f, "ceiling_f32", "GFLOP/s", c->measured ? 1e-9 * c->cpu.flops_f32 : NAN);
  csv_value(f, "ceiling_bf16", "GFLOP/s",
            c->measured && c->cpu.flops_bf16 > 0 ? 1e-9 * c->cpu.flops_bf16 : NAN);
  csv_value(f, "ceiling_memory", "GB/s", c->measured ? 1e-9 * c->cpu.bandwidth : NAN);
  for (int i = 0; i < c->compares; i++) {
    snprintf(key, sizeof key, "backbone_batch%d", c->compare[i].batch);
    csv_value(f, key, "ms", c->compare[i].run_ms);
    snprintf(key, sizeof key, "backbone_batch%d_best", c->compare[i].batch);
    csv_value(f, key, "ms", c->compare[i].best_ms);
  }
  if (!r->request->compare_paper) return;
  for (int i = DSLT_FIGURE_FPS; i <= DSLT_FIGURE_FPS_ALL; i++) {
    snprintf(key, sizeof key, "%s_to_paper", dslt_figures[i].key);
    csv_value(f, key, "", r->figure[i].median / DSLT_PAPER_FPS);
  }
}
