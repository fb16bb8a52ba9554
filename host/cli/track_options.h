/* SPDX-License-Identifier: Apache-2.0 */
/* track_options.h: the command line of dslt track. */
#ifndef DSLT_CLI_TRACK_OPTIONS_H
#define DSLT_CLI_TRACK_OPTIONS_H

#include "dataset/boxes.h"
#include "dslt/dslt.h"

typedef struct dslt_track_options {
  dslt_options *tracker; /* preset, then every setting in the order it was given; owned by the caller */
  const char *input;     /* as dslt_source_open() takes it; NULL only with list_options */
  const char *box[DSLT_GROUP_TARGETS]; /* each "x,y,w,h" or "otb:PATH" */
  int boxes;                           /* given; 0: drawn with the mouse or the scene's own */
  int select;                          /* 1: draw the box with the mouse */
  const char *weights;                 /* safetensors file; NULL only with list_options */
  int64_t start;                       /* frames skipped; 0 */
  int64_t frames;                      /* frames tracked at most; 0 = all */
  int as_stored;                       /* 1: no turning by video or EXIF orientation */
  int live;                            /* 1: always the newest frame, where the input is no file */
  int strict;                          /* 1: damaged spots in the input make the run fail at its end */
  const char *out;                     /* "-" = standard output; NULL = none */
  dslt_box_format format;
  const char *overlay;       /* video to write or NULL */
  const char *dump_response; /* folder or NULL */
  const char *summary;       /* JSON file or NULL */
  int show;                  /* 1: window */
  int quiet;                 /* 1: nothing but errors, and boxes with --out - */
  int list_options;          /* 1: print the table of options and stop */
} dslt_track_options;

/* Read the arguments; strings are borrowed from argv. Wrong ones end the program with exit code 2 and a
 * sentence, --help with 0: the program may exit here, unlike the library. */
void dslt_track_options_parse(dslt_track_options *out, int argc, char **argv);

/* The table of every option of the tracker with its value in `options`, on standard output. */
void dslt_track_options_list(const dslt_options *options);

#endif
