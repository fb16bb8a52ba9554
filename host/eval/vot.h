/* SPDX-License-Identifier: Apache-2.0 */
/* vot.h: the parts of the VOT challenges up to 2019: regions, their rasterised overlap, the rules of a
 * year and the result files. vot_measures.h computes accuracy, robustness and EAO, vot_rank.h ranks trackers,
 * vot_supervised.h runs the protocol. Frames are counted from 0; coordinates are 0-based pixels as VOT's
 * files hold them.
 *
 * Two programs define VOT's measures, and they differ in the last digits; a "convention" names one of them:
 *   matlab   the MATLAB toolkit that scored VOT-2016 (version 5, and pysot's copy of it), with the rasteriser
 *            of the TraX library (region.c without the legacy flag)
 *   python   vot-toolkit 0.9 from PyPI */
#ifndef DSLT_EVAL_VOT_H
#define DSLT_EVAL_VOT_H

#include <stddef.h>

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- conventions and rules ----------------------------------------------------------------------- */

typedef enum dslt_vot_convention { DSLT_VOT_MATLAB = 0, DSLT_VOT_PYTHON = 1 } dslt_vot_convention;

/* "matlab" or "python"; DSLT_EOPTION lists the names. */
int dslt_vot_convention_parse(dslt_vot_convention *out, const char *name);
/* The name back. Static storage. */
const char *dslt_vot_convention_name(dslt_vot_convention convention);

typedef struct dslt_vot_rules {
  dslt_vot_convention convention;
  int repetitions;        /* runs of each sequence by a tracker that is not deterministic; 15 */
  int skip;               /* frames from a failure to the next initialisation; 5 */
  int burn_in;            /* frames that accuracy leaves out from an initialisation on, itself included; 10 */
  int no_reset_burn_in;   /* the same for the no-reset run: matlab 0, python 10 (its default) */
  double failure_overlap; /* a frame fails when its overlap is at most this; 0 */
  int eao_low, eao_high;  /* EAO averages the curve over these lengths, both ends included, in frames */
  double sensitivity;     /* S of exp(-S x failures / frames), the x axis of the AR plot; 30 */
} dslt_vot_rules;

/* The rules of VOT-2016. Lengths for EAO: 108..371 for `matlab` (the default everywhere), 109..372 for
 * `python`, whose published limits are used as indices counted from 0. */
void dslt_vot_rules_init(dslt_vot_rules *out, dslt_vot_convention convention);
/* The same for "VOT2015", "VOT2016" .. "VOT2019": those years differ only in the EAO interval. Later
 * challenges use another protocol. DSLT_EOPTION lists the years. */
int dslt_vot_rules_year(dslt_vot_rules *out, dslt_vot_convention convention, const char *year);

/* ---- regions ------------------------------------------------------------------------------------- */

typedef enum dslt_vot_kind {
  DSLT_VOT_SKIPPED = 0,   /* no output: after a failure, or an unknown region (NaN) */
  DSLT_VOT_INIT = 1,      /* the tracker was initialised here */
  DSLT_VOT_FAILED = 2,    /* overlap at or below the failure threshold */
  DSLT_VOT_RECTANGLE = 4, /* x, y, width, height */
  DSLT_VOT_POLYGON = 8    /* x1, y1, .., x4, y4 */
} dslt_vot_kind;

typedef struct dslt_vot_region {
  dslt_vot_kind kind; /* 4 and 8: as many values of `at` are set; below: none */
  double at[8];       /* px */
} dslt_vot_region;

/* Whether a frame of this kind holds a rectangle or a polygon. */
int dslt_vot_is_region(dslt_vot_kind kind);

dslt_vot_region dslt_vot_rectangle(dslt_box box);
dslt_vot_region dslt_vot_polygon(const double corners[8]);
dslt_vot_region dslt_vot_code(dslt_vot_kind code);
/* An axis-aligned box of a region for an axis-aligned tracker: a rectangle's own, for a polygon the
 * area-preserving box of dslt_box_from_polygon() (through TraX, a rectangle tracker would be given the
 * bounding box instead). A code gives NaN. */
dslt_box dslt_vot_box(const dslt_vot_region *region);

/* ---- overlap ------------------------------------------------------------------------------------- */

/* The last pixel column and row that count. right < 0: the frame's size is not known. */
typedef struct dslt_vot_frame {
  int right, bottom; /* 0..65535 */
} dslt_vot_frame;

/* What limits the overlap of a width x height image under a convention. `matlab` cuts at (width - 1,
 * height - 1) while it runs and for EAO, yet at (width, height) for accuracy; `python` always at the former.
 * width or height < 1: not known. */
dslt_vot_frame dslt_vot_frame_of(int width, int height, dslt_vot_convention convention, int for_accuracy);

/* Overlap of two regions in [0, 1]: both are drawn as pixel masks, cut to the frame, and the number of common
 * pixels is divided by the number of pixels in either. Symmetric. 0 when a region is a code, not finite or
 * beyond 1e9. Without a frame pixels -32768..32767 count.
 * How a mask is drawn: corners are rounded to pixels, then each row is filled from the left to the right
 * edge, both included; an edge's crossing of a row is cut to a whole pixel. A rectangle covers round(x) to
 * round(x + width - 1) in `matlab` (halves away from zero, single precision as in TraX) and round(x) to
 * round(x) + round(width) - 1 in `python` (halves to even). Further rules of the two programs that are kept:
 *   matlab   0 when the regions' bounds inside the frame share no area, though they may share a line of
 *            pixels, or when exactly one of them has none;
 *   python   1 when the common bounds are at most one pixel wide or high, 0 when that is so inside
 *            the frame. */
double dslt_vot_overlap(const dslt_vot_region *a, const dslt_vot_region *b, dslt_vot_frame frame,
                        dslt_vot_convention convention);

/* ---- result files -------------------------------------------------------------------------------- */

typedef struct dslt_vot_regions {
  dslt_vot_region *at; /* one a frame; owned by whoever called the reader */
  int count;
} dslt_vot_regions;

/* Read a result or ground-truth file: each line one code (0, 1, 2), four numbers or eight, separated by
 * commas (blanks around them, CR and a missing final newline allowed). A line of four or eight numbers with a
 * NaN among them is DSLT_VOT_SKIPPED, as in both toolkits. Empty lines at the end are ignored, elsewhere
 * DSLT_EFORMAT names the line; so does anything else that does not fit. DSLT_EIO when the file cannot be
 * read. Files over 64 MiB are refused. */
int dslt_vot_regions_read(dslt_vot_regions *out, const char *path);
/* The same from memory (not NUL-terminated); `name` is used in error sentences. */
int dslt_vot_regions_parse(dslt_vot_regions *out, const char *text, size_t size, const char *name);
void dslt_vot_regions_free(dslt_vot_regions *regions);

/* Write a file that the above reads: codes as digits, numbers with four decimals. Whole or not at all.
 * Regions that are not finite are DSLT_EARGUMENT. */
int dslt_vot_regions_write(const char *path, const dslt_vot_region *regions, int count);

/* Seconds spent on each frame, as the MATLAB toolkit keeps them beside the results: a row a frame, a column a
 * repetition. seconds: [repetitions][frames], >= 0, or NaN for frames that were skipped. */
int dslt_vot_times_write(const char *path, const double *seconds, int frames, int repetitions);
/* Read such a file. *seconds: [*repetitions][*frames], owned by the caller. Errors as above. */
int dslt_vot_times_read(double **seconds, int *frames, int *repetitions, const char *path);
int dslt_vot_times_parse(double **seconds, int *frames, int *repetitions, const char *text, size_t size,
                         const char *name);

/* FOLDER/EXPERIMENT/SEQUENCE/SEQUENCE_001.txt for repetition 1, and
 * FOLDER/EXPERIMENT/SEQUENCE/SEQUENCE_time.txt for repetition 0. experiment: "baseline" (supervised) or
 * "unsupervised" (no reset). The caller frees *out. repetition 0..999; names must not be empty or hold a
 * slash. */
int dslt_vot_result_path(char **out, const char *folder, const char *experiment, const char *sequence,
                         int repetition);

#ifdef __cplusplus
}
#endif

#endif
