/* SPDX-License-Identifier: Apache-2.0 */
/* networks.h: a study whose variants are trained networks, several of each kind, from other seeds. Its tables show means
 * and deviations over the seeds. */
#ifndef DSLT_EXPERIMENT_NETWORKS_H
#define DSLT_EXPERIMENT_NETWORKS_H

#include <jansson.h>
#include <stdio.h>

#include "experiment/variants.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_NETWORK_GAINS = 2 };

/* What the paper says that a kind gains, points. */
typedef struct dslt_network_gain {
  int over;                          /* place of the other kind in the list; -1 behind the last gain */
  double paper_precision, paper_auc; /* NaN: it says nothing */
} dslt_network_gain;

/* A kind of network. */
typedef struct dslt_network_kind {
  const char *name; /* as in the paper */
  const char *file; /* its files are called FILE-SEED.safetensors */
  const char *what;
  dslt_network_gain gains[DSLT_NETWORK_GAINS];
  double paper_precision, paper_success,
      paper_fps; /* of its table of scores, per cent and 1/s; NaN: not there */
} dslt_network_kind;

/* The kinds of a study. */
typedef struct dslt_network_kinds {
  const dslt_network_kind *kinds;
  int count;
} dslt_network_kinds;

/* The networks found, one for each variant of their study and in its order: by kind, then by seed. */
typedef struct dslt_network {
  const dslt_network_kind *kind;
  long seed;
  char *name;    /* the variant's, "se-focal-2"; owned */
  char *weights; /* the file; owned */
} dslt_network;

typedef struct dslt_network_list {
  const dslt_network_kinds *kinds;
  dslt_network networks[DSLT_VARIANTS_MAX];
  dslt_variant variants[DSLT_VARIANTS_MAX];
  int count;
  dslt_study study; /* that runs them */
} dslt_network_list;

/* Find the networks of `study`, which has kinds of them, in `folder`. DSLT_EIO: the folder cannot be read or lacks a kind;
 * DSLT_EFORMAT: a file's name is not KIND-SEED.safetensors; DSLT_EMEMORY. Free with dslt_network_list_free(), also after an
 * error. */
int dslt_network_list_open(dslt_network_list *out, const dslt_study *study, const char *folder);
void dslt_network_list_free(dslt_network_list *list);

/* Over seeds; the deviation of a sample, NaN for one seed. */
typedef struct dslt_spread {
  double mean, deviation;
} dslt_spread;

dslt_spread dslt_spread_of(const double *values, int count);

struct dslt_ablation;
/* networks_write.c: the tables: scores and gains, the paper's table of scores, attributes. `markdown`: as Markdown. */
void dslt_networks_print(FILE *stream, const struct dslt_ablation *ablation, int markdown);
/* The same as members "networks" and "attributes" of `root`. 0, or -1 when memory is out. */
int dslt_networks_describe(json_t *root, const struct dslt_ablation *ablation);

#ifdef __cplusplus
}
#endif

#endif
