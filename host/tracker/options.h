/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: implementation of the public dslt_options: the options that all trackers have, and one tracker's
 * own struct, described by table rows. */
#ifndef DSLT_TRACKER_OPTIONS_H
#define DSLT_TRACKER_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/archive.h"
#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_tracker_type dslt_tracker_type;

/* The options of every tracker. */
typedef struct dslt_common_options {
  char backend[16];  /* "auto", "cpu" or "cuda" */
  int precision;     /* dslt_precision of the backbone */
  int threads;       /* CPU threads, 0..1024; 0 = OpenMP's choice: all cores, or OMP_NUM_THREADS */
  int64_t seed;      /* seed of all random numbers, >= 0 */
  int deterministic; /* 1: the same run twice gives the same bytes; 0: on a GPU also convolutions that sum in
                      * any order, where they are faster */
  int first_sight;   /* 1: a target in noise is not searched for until it is seen again (first_sight.h) */
} dslt_common_options;

struct dslt_options {
  const dslt_tracker_type *type; /* static storage */
  const char *preset;            /* name of the preset that they started from; static storage */
  dslt_common_options common;
  void *own; /* the tracker's struct, type->options_size bytes; owned */
};

/* ---- rows ---------------------------------------------------------------------------------------- */

typedef enum dslt_option_kind {
  DSLT_OPTION_INT = 0,    /* an int */
  DSLT_OPTION_INT64 = 1,  /* an int64_t */
  DSLT_OPTION_REAL = 2,   /* a double */
  DSLT_OPTION_NAME = 3,   /* a char[16] that holds one of the choices' names */
  DSLT_OPTION_CHOICE = 4, /* an int that holds one of the choices' values */
  DSLT_OPTION_LIST = 5    /* a dslt_option_list */
} dslt_option_kind;

enum { DSLT_OPTION_LIST_MAX = 4 };

/* One number or more, for what a tracker has several of; where there are more, the last number holds for them
 * too. */
typedef struct dslt_option_list {
  int count; /* 1..DSLT_OPTION_LIST_MAX */
  double value[DSLT_OPTION_LIST_MAX];
} dslt_option_list;

static inline double dslt_option_list_at(const dslt_option_list *list, int index) {
  return list->value[index < list->count ? index : list->count - 1];
}

typedef struct dslt_option_choice {
  const char *name; /* lower case */
  int value;
} dslt_option_choice;

/* Describes one member of a struct of options. */
typedef struct dslt_option_row {
  const char *key;    /* the member's name */
  const char *symbol; /* the paper's symbol or "" */
  const char *values; /* allowed values as text, "0..1" or "a|b|c" */
  const char *help;   /* one line */
  dslt_option_kind kind;
  size_t offset;                     /* in the struct, bytes */
  double low, high;                  /* range of a number or of each of a list, both ends included */
  const dslt_option_choice *choices; /* ends with a NULL name; NULL for numbers */
} dslt_option_row;

/* Rows for the member `name` of `type`; the range's text is made of `low` and `high`. */
#define DSLT_ROW_INT(type, name, symbol, low, high, help) \
  { #name, symbol, #low ".." #high, help, DSLT_OPTION_INT, offsetof(type, name), low, high, NULL }
#define DSLT_ROW_REAL(type, name, symbol, low, high, help) \
  { #name, symbol, #low ".." #high, help, DSLT_OPTION_REAL, offsetof(type, name), low, high, NULL }
#define DSLT_ROW_LIST(type, name, symbol, low, high, help) \
  { #name, symbol, #low ".." #high, help, DSLT_OPTION_LIST, offsetof(type, name), low, high, NULL }
#define DSLT_ROW_CHOICE(type, name, symbol, values, choices, help) \
  { #name, symbol, values, help, DSLT_OPTION_CHOICE, offsetof(type, name), 0, 0, choices }

/* ---- a tracker's presets ------------------------------------------------------------------------- */

typedef struct dslt_preset {
  const char *name, *summary;
  /* Fill both structs. `common` comes with the defaults of all trackers: backend auto, f32, threads 0, seed
   * 1, deterministic, first_sight; `own` comes zeroed. */
  void (*fill)(dslt_common_options *common, void *own);
} dslt_preset;

/* ---- handles ------------------------------------------------------------------------------------- */

/* Tracker, preset and every option's text as entries of an archive; reading makes *options, to be freed, also after a failure.
 * What the library had not when the archive was written keeps its preset's value. `known`: a tracker that need not be in the
 * list of types, or NULL. DSLT_EOPTION: it has no such tracker, preset
 * or option any more. */
int dslt_options_archive(dslt_options **options, dslt_archive *archive, const dslt_tracker_type *known);
/* Are they of one tracker, and do they differ only in how it is computed (backend, precision, threads, deterministic)?
 * DSLT_EOPTION names the first other difference. */
int dslt_options_agree(const dslt_options *saved, const dslt_options *options);

/* As dslt_options_create(), for a preset of this type, which need not be in the list of types. */
int dslt_options_create_of(dslt_options **out, const dslt_tracker_type *type, const char *preset);

#ifdef __cplusplus
}
#endif

#endif
