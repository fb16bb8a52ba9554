/* SPDX-License-Identifier: Apache-2.0 */
/* convention.h: how each published toolkit measures one frame (README.md beside this file has the table). A
 * convention is a row of functions and flags; ope.h counts. */
#ifndef DSLT_EVAL_CONVENTION_H
#define DSLT_EVAL_CONVENTION_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_convention {
  DSLT_CONVENTION_MATLAB = 0,    /* the OTB toolkit */
  DSLT_CONVENTION_PYSOT = 1,     /* STVIR/pysot */
  DSLT_CONVENTION_GOT10K = 2,    /* got-10k/toolkit, its OTB and UAV experiments */
  DSLT_CONVENTION_PYTRACKING = 3 /* visionml/pytracking */
} dslt_convention;
enum { DSLT_CONVENTIONS = 4 };

/* One frame. A value that fails every threshold: overlap 0 or -1, error INFINITY. One that passes every
 * threshold: error -1. Never NaN. */
typedef struct dslt_frame_score {
  double overlap;    /* 0..1 up to rounding, or -1: the truth is invalid */
  double error;      /* distance of the centres in pixels, or -1 or INFINITY */
  double norm_error; /* the same in sizes of the truth, per axis */
  int valid;         /* 1: the truth is valid */
  int counted;       /* 0: the frame is left out */
} dslt_frame_score;

/* Properties of the set that conventions use. */
typedef struct dslt_frame_context {
  int uav;     /* 1: a UAV set, where NaN truth is expected */
  int visible; /* 0: the set marks the target as not visible in this frame (LaSOT) */
} dslt_frame_context;

/* Which result rows repeat the row before them. */
typedef enum dslt_repair {
  DSLT_REPAIR_NONE = 0,
  DSLT_REPAIR_BAD = 1,  /* NaN, width or height <= 0 */
  DSLT_REPAIR_EMPTY = 2 /* width or height = 0 */
} dslt_repair;

/* Static storage. */
typedef struct dslt_convention_rules {
  const char *name;   /* as on the command line */
  const char *rule;   /* one sentence: what happens to frames with invalid truth */
  int first_is_truth; /* 1: the first result row is replaced by the truth */
  dslt_repair repair;
  int refuses_bad; /* 1: NaN or negative sizes in results, or NaN truth outside UAV sets, are an error */
  double (*success_threshold)(int bin);        /* bin 0..20; a frame succeeds when overlap > threshold */
  double (*norm_precision_threshold)(int bin); /* bin 0..50; precise when normalised error <= threshold */
  /* Boxes as in the benchmark's files: 1-based for OTB. */
  void (*measure)(dslt_frame_score *out, const dslt_box *result, const dslt_box *truth,
                  const dslt_frame_context *context);
} dslt_convention_rules;

/* `convention` must be one of the four. */
const dslt_convention_rules *dslt_convention_rules_of(dslt_convention convention);
/* "matlab", "pysot", "got10k" or "pytracking". DSLT_EOPTION lists the names. */
int dslt_convention_parse(dslt_convention *out, const char *name);

/* All four numbers finite. */
int dslt_box_is_finite(const dslt_box *box);
/* Intersection over union of two 0-based boxes with pixel-inclusive edges, as the MATLAB toolkit computes it;
 * 0 when either is empty or not finite; in [0, 1]. */
double dslt_box_overlap(const dslt_box *a, const dslt_box *b);

#ifdef __cplusplus
}
#endif

#endif
