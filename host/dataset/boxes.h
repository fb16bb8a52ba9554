/* SPDX-License-Identifier: Apache-2.0 */
/* boxes.h: boxes as text: parsing and the conversions between dslt's convention and the benchmarks'.
 * dslt: 0-based, continuous, top-left corner. OTB: 1-based pixels, so x and y are one larger. */
#ifndef DSLT_DATASET_BOXES_H
#define DSLT_DATASET_BOXES_H

#include <stdio.h>

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

dslt_box dslt_box_from_otb(dslt_box otb);
dslt_box dslt_box_to_otb(dslt_box box);
/* Area-preserving axis-aligned box of a VOT polygon x1,y1,..,x4,y4: centre = mean of the
 * corners, side scaled by sqrt(polygon area / bounding box area). 0-based in, 0-based out. */
dslt_box dslt_box_from_polygon(const double corners[8]);
/* The same of x1,y1,.. of `count` corners, 3 or more. */
dslt_box dslt_box_from_corners(const double *corners, int count);

/* "x,y,w,h" in dslt's convention; separators comma, space, semicolon or tab; nothing else may follow. Finite
 * numbers, w and h > 0: DSLT_EBOX says what is wrong otherwise. */
int dslt_box_parse(dslt_box *out, const char *text);

/* Rows of a ground-truth or result file. */
typedef struct dslt_box_list {
  dslt_box *boxes; /* 0-based; NaN in all fields where the row held NaN */
  int count;
} dslt_box_list;

/* Read a file of `x,y,w,h` (1-based, OTB; comma, tab, semicolon or spaces; CR allowed; missing final newline
 * allowed; NaN allowed) or of 8-number polygons (VOT, converted). Empty lines at the end are ignored,
 * elsewhere an error names the line. Files over 64 MiB or lines over 1,000 characters are refused. */
int dslt_box_list_read_otb(dslt_box_list *out, const char *path);
/* The parser behind it, on memory (not NUL-terminated); `name` goes into error sentences. */
int dslt_box_list_parse_otb(dslt_box_list *out, const char *text, size_t size, const char *name);
void dslt_box_list_free(dslt_box_list *list);

/* ---- writing result files ------------------------------------------------------------------------ */

typedef enum dslt_box_format {
  DSLT_FORMAT_OTB = 0, /* x,y,w,h 1-based, %.4f, comma */
  DSLT_FORMAT_VOT =
      1, /* first line 1, then x,y,w,h 0-based, %.4f (an unsupervised run in VOT's file layout) */
  DSLT_FORMAT_GOT10K = 2, /* x,y,w,h 1-based, %.3f, comma */
  DSLT_FORMAT_CSV =
      3, /* header; frame (0-based),x,y,width,height,peak,lost,time ; 0-based; time empty where unknown */
  /* {"convention": "0-based...", "frames": [{"frame", "x", "y", "width", "height", "peak", "lost", "time"}]}; time
   * null where unknown */
  DSLT_FORMAT_JSON = 4,
  DSLT_FORMAT_JSONL = 5 /* such a frame a line */
} dslt_box_format;

typedef struct dslt_track_row {
  int64_t frame; /* 0-based index within the tracked range */
  dslt_box box;
  double peak;
  int lost;
  int timed;         /* 1: the frame has a time */
  double time;       /* seconds, as the input's container has it */
  int live;          /* 1: the next two hold something; jsonl and json show them */
  double latency_ms; /* from when the frame was decoded until its box was known */
  int64_t dropped;   /* frames passed over so far, because they came too fast */
} dslt_track_row;

/* "otb", "vot", ...; DSLT_EOPTION lists the names. */
int dslt_box_format_parse(dslt_box_format *out, const char *name);
/* Write all rows under a temporary name in the same folder, flush, fsync, rename: the final name never holds
 * a partial file. path "-" = standard output. DSLT_EIO names the file and the system's reason (disk full
 * ...). */
int dslt_track_write(const char *path, dslt_box_format format, const dslt_track_row *rows, int count);
/* 1: a file of this format can hold several targets (csv, json, jsonl). */
int dslt_box_format_numbers(dslt_box_format format);
/* The same for several targets, rows[0..targets-1][0..count-1]: frame by frame one row for each target, with
 * its number (from 1) as column or member "target" behind "frame". DSLT_EARGUMENT: the format holds one
 * target. */
int dslt_track_write_targets(const char *path, dslt_box_format format, const dslt_track_row *const *rows,
                             int targets, int count);
/* 1: rows can be written one by one, which json, one document, does not allow. */
int dslt_box_format_flows(dslt_box_format format);
/* Write the rows of frame `frame` of a flowing format to standard output, before frame 0 what the format begins
 * with, and flush it, so that a reader has them at once. DSLT_EARGUMENT, DSLT_EIO. */
int dslt_track_print(dslt_box_format format, const dslt_track_row *const *rows, int targets, int frame);
/* Rows of targets that come and go, rows[i] being of target number targets[i] (from 1), as csv or jsonl, with `head` after
 * csv's first line. DSLT_EARGUMENT: another format; DSLT_EMEMORY, DSLT_EINTERNAL. A full disk shows in the stream. */
int dslt_track_stream(FILE *stream, dslt_box_format format, const dslt_track_row *rows, const int *targets,
                      int count, int head);

#ifdef __cplusplus
}
#endif

#endif
