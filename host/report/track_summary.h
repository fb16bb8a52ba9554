/* SPDX-License-Identifier: Apache-2.0 */
/* track_summary.h: the summary of a run: speed, times per stage, scores. */
#ifndef DSLT_REPORT_TRACK_SUMMARY_H
#define DSLT_REPORT_TRACK_SUMMARY_H

#include <stdio.h>

#include "bench/stats.h"
#include "dslt/dslt.h"
#include "eval/ope.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_LOST_SPANS = 4 }; /* number of them that are listed */

/* The summary of one target. */
typedef struct dslt_track_figures {
  int64_t lost;                           /* frames flagged lost */
  int64_t lost_spans;                     /* rows of such frames without a gap */
  int64_t lost_first[DSLT_LOST_SPANS][2]; /* first and last frame of the first of them */
  int64_t lost_end;                       /* the latest lost frame */
  int init_steps;                         /* steps of first-frame training */
  double init_loss;                       /* loss of its last step */
  int unlearnt;                           /* 1: the first frame showed one colour */
  const dslt_group *group; /* with member `member`, whose channel weights are written; NULL: none are */
  int member;
  int scored;      /* 1: `ope` is filled */
  int truth_count; /* rows of ground truth known for the tracked range */
  dslt_ope ope;
} dslt_track_figures;

typedef struct dslt_track_report {
  const dslt_options *options;       /* borrowed, like all pointers here */
  const char *weights;               /* file name */
  const char *precision;             /* "f32" ... or "" likewise */
  const char *backend;               /* "cpu", "cuda" or "" before the tracker exists */
  int64_t frames;                    /* tracked, the first frame among them */
  int64_t damaged;                   /* damaged spots of the input that were skipped */
  int64_t updates;                   /* all but the first */
  double init_seconds;               /* the whole call of dslt_group_init() */
  double update_seconds;             /* summed over the calls of dslt_group_update() */
  double loop_seconds;               /* from before the first frame is asked for until the last one is done */
  double stage_ms[DSLT_STAGE_COUNT]; /* summed over the updates and the targets */
  dslt_track_figures *target;        /* [targets] */
  int targets;                       /* >= 1 */
  int live;                          /* 1: the next two count */
  int64_t dropped;                   /* frames passed over */
  dslt_series latency_ms; /* of each update, from a frame's arrival to its box; its values are owned */
} dslt_track_report;

/* Add one update's times and flags, results[targets]. `seconds` is the call's wall time. */
void dslt_track_report_add(dslt_track_report *report, const dslt_result *results, double seconds);
/* A few lines of text. */
void dslt_track_report_print(FILE *stream, const dslt_track_report *report);
/* The same and more as JSON in `path`, atomically; values that are the same in every run come first, times
 * and speeds after them. fps = updates / update_seconds; fps_with_init = frames / (init_seconds +
 * update_seconds); fps_with_decode = frames / loop_seconds; ms_per_stage = mean over the updates. Of
 * several targets, "targets" holds the summary of each, and times are all targets' together. Of a live input, "live"
 * holds the frames dropped and the latency: median, 95 per cent and largest. DSLT_EIO
 * names the file. */
int dslt_track_report_save(const dslt_track_report *report, const char *path);
/* Before printing and saving: sort the latencies. */
void dslt_track_report_sort(dslt_track_report *report);

#ifdef __cplusplus
}
#endif

#endif
