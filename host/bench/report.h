/* SPDX-License-Identifier: Apache-2.0 */
/* report.h: the results of dslt bench, and the three formats to write them in. */
#ifndef DSLT_BENCH_REPORT_H
#define DSLT_BENCH_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "bench/ceiling.h"
#include "bench/request.h"
#include "bench/summary.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One target of a plain benchmark. */
typedef struct dslt_bench_target_line {
  const char *name;           /* borrowed from the items */
  int width, height;          /* of its frames */
  int frames;                 /* behind the first */
  int lost;                   /* of them, in the last repetition */
  dslt_spread fps, p95, init; /* frames a second, ms, ms */
} dslt_bench_target_line;

/* One value of a sweep. */
typedef struct dslt_bench_point {
  double value;
  int width, height; /* of the first target's frames */
  dslt_spread figure[DSLT_FIGURES];
} dslt_bench_point;

typedef struct dslt_bench_report {
  const dslt_bench_request *request;
  char date[32];     /* UTC, "2026-11-20T16:20:00Z" */
  char arch[96];     /* of the weights */
  char backend[16];  /* "cpu" */
  char precision[8]; /* "f32", "bf16" or "tf32" */
  char device[128], library[128];
  int threads;   /* that the CPU backend uses */
  double others; /* share of the machine's cores used by other processes meanwhile, 0..1; NaN: unknown */
  dslt_energy energy;

  /* a plain benchmark */
  dslt_bench_target_line *targets; /* owned; NULL for a sweep */
  int target_count;
  dslt_spread figure[DSLT_FIGURES];
  dslt_work work[DSLT_STAGE_COUNT]; /* of a frame */
  dslt_bench_ceiling ceiling;

  /* a sweep */
  dslt_bench_point *points; /* owned */
  int point_count;
} dslt_bench_report;

void dslt_bench_report_free(dslt_bench_report *report);

/* Of a sweep over targets: what each one beyond those of the first point adds to a frame, ms. NaN for the
 * first point. */
double dslt_bench_ms_further(const dslt_bench_report *report, int index);

/* The rates that one stage reaches. NaN if unknown. */
typedef struct dslt_stage_reach {
  double ms, share;        /* a frame; of all stages, 0..1 */
  double flops, bandwidth; /* reached, operations and bytes a second */
  int computes;            /* 1: arithmetic sets the floor, 0: memory does */
  double floor_ms;         /* at the machine's peak rates */
  double reached;          /* floor / ms: 1 = at the machine's peak rate */
} dslt_stage_reach;
dslt_stage_reach dslt_bench_reach(const dslt_bench_report *report, int stage);

/* The paper's speed, frames a second, and its description there. */
#define DSLT_PAPER_FPS 5.7
extern const char dslt_paper_words[];
/* What each of the four rates includes; NULL for other figures. */
const char *dslt_bench_includes(int figure);

/* Write it to `stream` in the format of --output. DSLT_EMEMORY, DSLT_EIO. */
int dslt_bench_write(FILE *stream, const dslt_bench_report *report);
void dslt_bench_write_console(FILE *stream, const dslt_bench_report *report);
void dslt_bench_write_csv(FILE *stream, const dslt_bench_report *report);
/* json.c: bench/README.md documents the members. A new reference; NULL when memory is out. */
json_t *dslt_bench_json(const dslt_bench_report *report);

#ifdef __cplusplus
}
#endif

#endif
