/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_choice.h: the options that choose and set up the tracker, the same in every verb that tracks:
 * --weights, --preset, --backend, --threads, --precision, --seed, --set, --list-options. */
#ifndef DSLT_CLI_TRACKER_CHOICE_H
#define DSLT_CLI_TRACKER_CHOICE_H

#include <argp.h>

#include "dslt/dslt.h"

/* One request to dslt_options_set(), kept until the preset is known. */
typedef struct dslt_tracker_setting {
  const char *key, *value;
} dslt_tracker_setting;

/* Zero-initialise and set `program` and, where it is wanted, `preset`; the rest is filled while argp parses. */
typedef struct dslt_tracker_choice {
  const char *program; /* how the command is called, "dslt track"; static storage */
  const char *preset;  /* NULL: the one that suits the weights, unless --preset names another */
  int one_thread;      /* 1: --threads is 1 unless given: the verb runs several trackers at a time */
  dslt_tracker_setting *settings; /* room for `room` of them, one for each argument; owned by the caller */
  int count, room;
  const char *weights;   /* name for dslt_weights_load(), borrowed; those of the preset unless given */
  int list;              /* 1: --list-options was given */
  dslt_options *options; /* preset, then every setting in the order it was given; checked. Complete when the
                          * parent's parser sees ARGP_KEY_END; owned by the caller */
} dslt_tracker_choice;

/* A child of the verb's argp under the heading "Tracker:" of group 2; its input is a dslt_tracker_choice.
 * Wrong values end the program with exit code 2. */
extern const struct argp dslt_argp_tracker;

/* The options of `preset` with every setting of the choice; *out is the caller's to free, also after a
 * failure. */
int dslt_tracker_choice_options(dslt_options **out, const dslt_tracker_choice *choice, const char *preset);
/* The preset that suits weights of this name (NULL: none are named). Weights that cannot be loaded are told when they
 * are needed. Static storage. */
const char *dslt_suitable_preset(const char *weights);

/* Parse a verb's command line whose child is dslt_argp_tracker: room for a setting of each argument, argv[0] as messages
 * show it, then argp with `input`. The settings are the caller's to free. Ends the program with DSLT_EXIT_FAILED where
 * memory is short. */
void dslt_tracker_choice_parse(dslt_tracker_choice *choice, const struct argp *argp, int argc, char **argv,
                               void *input);

/* Add a setting after those of the command line; 0 when the array is full. Strings are borrowed. */
int dslt_tracker_choice_add(dslt_tracker_choice *choice, const char *key, const char *value);

#endif
