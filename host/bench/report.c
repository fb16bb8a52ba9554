/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: computes derived figures and selects the output format. */
#include "bench/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

const char dslt_paper_words[] =
    "\"The average tracking speed including all training process is 5.7 frames per second\" (section 5.1): "
    "full-width VGG-16, MATLAB and Caffe, Intel i7 at 4.0 GHz and one NVIDIA TITAN X. It does not say "
    "whether "
    "reading frames is included; the released program's own clock starts after the first frame's training "
    "and "
    "runs while frames are read.";

const char *dslt_bench_sweep_name(dslt_bench_sweep_kind kind) {
  static const char *const names[] = {[DSLT_SWEEP_NONE] = "",
                                      [DSLT_SWEEP_TARGETS] = "targets",
                                      [DSLT_SWEEP_MEMORY] = "memory",
                                      [DSLT_SWEEP_LEVELS] = "levels",
                                      [DSLT_SWEEP_SIZE] = "size"};
  return names[kind];
}

const char *dslt_bench_includes(int figure) {
  switch (figure) {
    case DSLT_FIGURE_FPS: return "on-line updates; neither the first frame's training nor decoding";
    case DSLT_FIGURE_FPS_INIT:
      return "on-line updates and the first frame's training, as the paper words it; no decoding";
    case DSLT_FIGURE_FPS_DECODE:
      return "on-line updates and decoding, as the released program's clock; no first-frame training";
    case DSLT_FIGURE_FPS_ALL: return "everything: decoding, the first frame's training, on-line updates";
    default: return NULL;
  }
}

dslt_stage_reach dslt_bench_reach(const dslt_bench_report *r, int stage) {
  dslt_stage_reach out = {.ms = r->figure[DSLT_FIGURE_STAGE + stage].median};
  double total = 0;
  for (int i = 0; i < DSLT_STAGE_COUNT; i++) total += r->figure[DSLT_FIGURE_STAGE + i].median;
  const double seconds = 1e-3 * out.ms;
  out.share = total > 0 ? out.ms / total : NAN;
  out.flops = seconds > 0 ? r->work[stage].flop / seconds : NAN;
  out.bandwidth = seconds > 0 ? r->work[stage].bytes / seconds : NAN;
  out.floor_ms = out.reached = NAN;
  if (!r->ceiling.measured) return out;
  const double flops = dslt_bench_stage_flops(&r->ceiling, stage), bandwidth = r->ceiling.cpu.bandwidth;
  out.computes = r->work[stage].flop / flops >= r->work[stage].bytes / bandwidth && r->work[stage].flop > 0;
  out.floor_ms = 1e3 * dslt_work_floor(&r->work[stage], flops, bandwidth);
  if (out.ms > 0 && out.floor_ms > 0) out.reached = out.floor_ms / out.ms;
  return out;
}

void dslt_bench_report_free(dslt_bench_report *report) {
  free(report->targets);
  free(report->points);
  memset(report, 0, sizeof *report);
}

static int write_json(FILE *stream, const dslt_bench_report *report) {
  json_t *root = dslt_bench_json(report);
  const int bad = !root || json_dumpf(root, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0;
  json_decref(root);
  if (bad && !ferror(stream)) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing JSON.");
  fputc('\n', stream);
  return DSLT_OK;
}

int dslt_bench_write(FILE *stream, const dslt_bench_report *report) {
  switch (report->request->output) {
    case DSLT_BENCH_CSV: dslt_bench_write_csv(stream, report); break;
    case DSLT_BENCH_JSON: DSLT_TRY(write_json(stream, report)); break;
    default: dslt_bench_write_console(stream, report); break;
  }
  return ferror(stream) ? dslt_fail(DSLT_EIO, "The results could not be written.") : DSLT_OK;
}

double dslt_bench_ms_further(const dslt_bench_report *report, int index) {
  const dslt_bench_point *p = &report->points[index], *first = report->points;
  if (index == 0) return NAN;
  return (p->figure[DSLT_FIGURE_MEAN].median - first->figure[DSLT_FIGURE_MEAN].median) /
         (p->value - first->value);
}
