/* SPDX-License-Identifier: Apache-2.0 */
/* trax_options.h: the command line of dslt trax, and the same command written out again. */
#ifndef DSLT_CLI_TRAX_OPTIONS_H
#define DSLT_CLI_TRAX_OPTIONS_H

#include "cli/tracker_choice.h"

typedef enum dslt_trax_task {
  DSLT_TRAX_SERVE = 0,
  DSLT_TRAX_FOLDER = 1,
  DSLT_TRAX_SELFTEST = 2,
  DSLT_TRAX_INI = 3
} dslt_trax_task;

typedef struct dslt_trax_options {
  dslt_tracker_choice tracker; /* its settings and options are owned */
  dslt_trax_task task;
  int version; /* of the protocol; 4 */
  int single, rectangles;
  const char *name;   /* of the tracker; "dslt" */
  const char *log;    /* file or NULL */
  const char *folder; /* of DSLT_TRAX_FOLDER */
  char weights[4096]; /* the weights, a file by its absolute path */
} dslt_trax_options;

/* Read the arguments, borrowed from argv. Wrong ones end the program with exit code 2, --help with 0. */
void dslt_trax_options_parse(dslt_trax_options *out, int argc, char **argv);
void dslt_trax_options_free(dslt_trax_options *options);

/* A command as a list of its words, NULL at the end; owned. */
typedef struct dslt_words {
  char **at;
  int count, room;
} dslt_words;

/* The command that serves with these options, from any folder: this program by its absolute path, "trax", and what
 * was set. DSLT_EIO, DSLT_EMEMORY. Free the words, also after a failure. */
int dslt_trax_command(dslt_words *out, const dslt_trax_options *options);
void dslt_words_free(dslt_words *words);

#endif
