/* SPDX-License-Identifier: Apache-2.0 */
/* vot_measures.h: accuracy, robustness and expected average overlap (EAO) of one tracker, from overlaps or
 * from a folder of results. */
#ifndef DSLT_EVAL_VOT_MEASURES_H
#define DSLT_EVAL_VOT_MEASURES_H

#include <jansson.h>

#include "eval/vot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- input --------------------------------------------------------------------------------------- */

/* A sequence as the measures need it. Borrowed. */
typedef struct dslt_vot_sequence {
  const char *name;
  const dslt_vot_region *truth; /* [frames] */
  int frames;
  int width, height; /* of its images in px; 0 when unknown: then nothing is cut to the frame */
} dslt_vot_sequence;

/* One run over one sequence, reduced to codes and overlaps. Borrowed. */
typedef struct dslt_vot_series {
  int sequence; /* index of its sequence, 0.. */
  int frames;
  const dslt_vot_kind *kinds;     /* [frames] */
  const double *accuracy_overlap; /* [frames], read where the kind is a region */
  const double *eao_overlap;      /* [frames], the same with the frame limits of EAO; may be the same array */
} dslt_vot_series;

/* ---- result -------------------------------------------------------------------------------------- */

typedef struct dslt_vot_sequence_score {
  char *name;      /* owned; NULL when measured from series without names */
  int frames;      /* of the sequence */
  int runs;        /* repetitions found */
  int scored;      /* frames that entered accuracy, over all runs */
  double accuracy; /* matlab: mean over frames of the mean over runs; python: mean over runs of their means. 0
                    * when no frame is scored */
  double failures; /* mean number per run */
  double reliability; /* exp(-S x failures / frames): x of the AR plot */
  double no_reset;    /* mean overlap of the no-reset run; NaN without one */
} dslt_vot_sequence_score;

typedef struct dslt_vot_score {
  dslt_vot_rules rules;
  dslt_vot_sequence_score *sequence; /* [sequences], owned, in the order given */
  int sequences;
  int runs;                 /* the most repetitions that a sequence has */
  long frames;              /* of all sequences, each counted once */
  double accuracy;          /* the convention's: pooled for matlab, weighted for python */
  double accuracy_pooled;   /* mean over all frames of all sequences of the mean over runs */
  double accuracy_weighted; /* the sequences' accuracy as `python` has it, weighted by their lengths */
  double robustness;        /* the convention's: total for matlab, weighted for python. Lower is better */
  double failures_total;    /* failures of one run over all sequences */
  double failures_weighted; /* mean failures per sequence, weighted by the sequences' lengths */
  double failures_per_100;  /* failures per 100 frames: failures_total / frames x 100 */
  double reliability;       /* x of the AR plot: exp(-S x failure rate), the rate per frame being
                             * failures_total / frames (matlab) or failures_weighted / mean length (python) */
  double eao;               /* NaN when the curve ends before the interval begins */
  int eao_lengths;          /* lengths of the interval at which the curve is defined */
  double *curve;            /* [curve_length], owned: expected overlap at length i + 1; NaN where undefined */
  int curve_length;
  double no_reset; /* average overlap of the no-reset runs; NaN unless every sequence has one. matlab:
                    * mean over all frames, python: mean of the sequences weighted by length; the first
                    * frame is left out */
  double frames_per_second; /* tracked frames / seconds of the files SEQUENCE_time.txt; NaN without */
  int refused;              /* sequences left out because a file of theirs cannot be used */
  char *note;               /* why, a sentence for each on a line of its own; NULL: none; owned */
} dslt_vot_score;

/* Measure series. `sequences`: how many there are; lengths [sequences] their frames. Every sequence needs a
 * series, and each series as many frames as its sequence, beginning with DSLT_VOT_INIT and going on only as
 * the protocol can (no frame tracked between a failure and an initialisation, no failure outside a run):
 * DSLT_EARGUMENT or DSLT_EFORMAT says which does not fit. Names and no_reset are left empty. Free with
 * dslt_vot_score_free().
 *
 * Accuracy leaves out frames without a region and `burn_in` frames from each initialisation on.
 *
 * EAO: a run is cut into fragments at its initialisations. The curve at length L is the weighted mean, over
 * the fragments that are defined at L, of the mean overlap of their frames 2..L. A fragment that ended in a
 * failure counts 0 after it and is defined at every length; one that ended with the video is defined up to
 * its end.
 *   matlab   a fragment weighs 1 / runs of its sequence; lengths go up to the longest sequence; the run's last
 *            fragment is not prolonged even if it failed in the last `skip` frames of the video
 *   python   a fragment weighs 1; lengths go up to the longest fragment; every failed fragment is prolonged
 * Length 1 is 1 by definition (in the `python` program 0; EAO does not use it). */
int dslt_vot_measure(dslt_vot_score *out, const dslt_vot_series *series, int count, const int *lengths,
                     int sequences, const dslt_vot_rules *rules);

/* Which problems are no errors when a folder is scored. */
enum {
  DSLT_VOT_ALLOW_MISSING = 1, /* sequences without a result: left out */
  DSLT_VOT_ALLOW_UNUSABLE = 2 /* sequences with a file that cannot be used: left out too */
};

/* Read FOLDER/baseline/SEQUENCE/SEQUENCE_001.txt .. _015.txt (whichever exist) of every sequence, and the
 * no-reset runs under FOLDER/unsupervised where they are complete, and measure them. A folder with only
 * no-reset runs has `no_reset` and no other number: the others are NaN, and `runs` is 0. Files that cannot be
 * read or have another number of frames than the ground truth are DSLT_EFORMAT, naming both counts, and
 * sequences without any result DSLT_EIO, naming them, unless `allow` lets them pass: then `*missing` (may be
 * NULL) and `refused` count what is left out. */
int dslt_vot_score_folder(dslt_vot_score *out, int *missing, const char *folder,
                          const dslt_vot_sequence *sequences, int count, int allow,
                          const dslt_vot_rules *rules);
void dslt_vot_score_free(dslt_vot_score *score);

/* ---- JSON ---------------------------------------------------------------------------------------- */

/* {"protocol": "vot", "convention", "overall": {"eao", "accuracy", "robustness", ...}, "curve": [...],
 * "sequences": {NAME: {"accuracy", "failures", ...}}}. Numbers that are not defined are null. The caller
 * decrefs *out. */
int dslt_vot_score_json(json_t **out, const dslt_vot_score *score);

#ifdef __cplusplus
}
#endif

#endif
