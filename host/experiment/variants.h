/* SPDX-License-Identifier: Apache-2.0 */
/* variants.h: the runs that a paper's ablations need, and the paper's numbers for them. */
#ifndef DSLT_EXPERIMENT_VARIANTS_H
#define DSLT_EXPERIMENT_VARIANTS_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_VARIANTS_MAX = 48, DSLT_STUDY_TABLES_MAX = 4, DSLT_VARIANT_SETTINGS = 3 };

typedef struct dslt_variant {
  const char *name;   /* as in the paper; also its folder's name */
  const char *what;   /* what it changes, as text */
  unsigned tables;    /* bit i: part of the study's table i */
  const char *preset; /* that it starts from; NULL: the study's */
  int optional;       /* 1: left out where the weights lack its layers */
  struct {
    const char *key, *value;
  } settings[DSLT_VARIANT_SETTINGS]; /* against the preset; key NULL behind the last */
  /* From the paper, one pass: precision at 20 px, and the study's other score; NaN where it prints none. */
  double paper_precision, paper_score;
  /* The same for a table, per cent: "87.0", "DSLT - 0.3", "-". */
  const char *paper_precision_words, *paper_score_words;
} dslt_variant;

/* A table of a study. */
typedef struct dslt_study_table {
  const char *key;  /* of ablation.json, "losses" */
  const char *head; /* of the variants' column, "loss" */
} dslt_study_table;

/* A variant's numbers by VOT's protocol in the paper; NaN where it prints none. */
typedef struct dslt_study_vot {
  double supervised, no_reset; /* average overlap with resets and without */
  double eao, rank_accuracy, rank_robustness;
} dslt_study_vot;

struct dslt_network_kinds;
struct dslt_network_list;

/* The ablations of one paper. */
typedef struct dslt_study {
  const char *paper;  /* "dslt" */
  const char *preset; /* whose other numbers are taken unless another is named */
  const dslt_variant *variants;
  int count;
  dslt_study_table tables[DSLT_STUDY_TABLES_MAX]; /* key NULL behind the last */
  int success;      /* 1: the score beside precision is the success rate at overlap 0.5, "OS"; 0: the AUC */
  const char *note; /* which numbers the paper gives; a few sentences */
  const dslt_study_vot
      *vot; /* [count], and a note of their own: the paper's two tables are by VOT's protocol; else NULL */
  const char *vot_note;
  /* A study of trained networks (networks.h): its kinds of them, and the networks found, from which its variants are made;
   * NULL for other studies. */
  const struct dslt_network_kinds *kinds;
  const struct dslt_network_list *networks;
  /* Are these the options that the variants change? DSLT_EOPTION names what is not. */
  int (*check_base)(const dslt_options *options);
} dslt_study;

/* Number `index` counted from 0, the first one DSLT's; NULL past the end. Static storage. */
const dslt_study *dslt_study_at(int index);
/* By its paper's name; DSLT_EOPTION lists them. */
int dslt_study_find(const dslt_study **out, const char *paper);
/* *out = 0: the variant names layers of VGG-16, and the weights (as dslt_weights_load() takes them) are a network that
 * names its own taps, which those options would not change. Errors of loading the weights. */
int dslt_variant_fits(int *out, const dslt_variant *variant, const char *weights);
/* Change `options` into the variant's. DSLT_EOPTION when the result does not fit together. */
int dslt_variant_apply(dslt_options *options, const dslt_variant *variant);

#ifdef __cplusplus
}
#endif

#endif
