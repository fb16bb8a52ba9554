/* SPDX-License-Identifier: Apache-2.0 */
/* vot_result.c: VOT's text files: trajectories and times. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/file.h"
#include "base/row.h"
#include "eval/vot.h"

enum { MAX_NUMBER = 64, MAX_VALUES = 8, MAX_REPETITIONS = 999 };
static const size_t max_file = (size_t)64 << 20;
static const double max_coordinate = 1e9; /* px */

/* ---- numbers ------------------------------------------------------------------------------------- */

typedef struct reader {
  const char *at, *end; /* the rest of the line */
  const char *name;     /* of the file, for sentences */
  long line;            /* from 1 */
  locale_t c_locale;    /* a decimal point whatever the user's locale */
} reader;

static int is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static void skip_blanks(reader *in) {
  while (in->at < in->end && is_blank(*in->at)) in->at++;
}

static int parse_number(double *out, const char *text, size_t length, locale_t c_locale) {
  char buffer[MAX_NUMBER + 1];
  if (length == 0 || length > MAX_NUMBER) return -1;
  memcpy(buffer, text, length);
  buffer[length] = '\0';
  const char *digits = buffer + (*buffer == '-' || *buffer == '+');
  if (strcasecmp(digits, "nan") != 0 && strspn(digits, "0123456789.eE+-") != strlen(digits)) return -1;
  if (memchr(buffer, '\0', length)) return -1;
  char *end;
  *out = strtod_l(buffer, &end, c_locale);
  return *end || end == buffer ? -1 : 0;
}

/* The next number of the line and the comma behind it. *more: a comma was there, so another number must
 * be. */
static int next_number(double *out, int *more, reader *in) {
  skip_blanks(in);
  const char *start = in->at;
  while (in->at < in->end && *in->at != ',' && !is_blank(*in->at)) in->at++;
  if (parse_number(out, start, (size_t)(in->at - start), in->c_locale) != 0)
    return dslt_fail(DSLT_EFORMAT, "Line %ld of %s holds something that is not a number.", in->line,
                     in->name);
  skip_blanks(in);
  *more = in->at < in->end && *in->at == ',';
  if (*more)
    in->at++;
  else if (in->at < in->end)
    return dslt_fail(DSLT_EFORMAT, "Line %ld of %s has no comma between its numbers.", in->line, in->name);
  return DSLT_OK;
}

/* ---- lines --------------------------------------------------------------------------------------- */

/* What to do with one line that is not empty. */
typedef int (*line_parser)(void *self, reader *in);

/* Hand every line to `parse`; empty lines may only end the file. */
static int each_line(const char *text, size_t size, const char *name, line_parser parse, void *self) {
  if (size > max_file)
    return dslt_fail(DSLT_EFORMAT, "%s is larger than 64 MiB: this is not a VOT result.", name);
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", name);
  const char *at = text, *end = text + size;
  long first_empty = 0;
  int rc = DSLT_OK;
  for (long line = 1; at < end && rc == DSLT_OK; line++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    reader in = {at, newline ? newline : end, name, line, c_locale};
    at = newline ? newline + 1 : end;
    skip_blanks(&in);
    if (in.at == in.end) {
      if (!first_empty) first_empty = line;
    } else if (first_empty) {
      rc = dslt_fail(DSLT_EFORMAT, "Line %ld of %s is empty, yet lines follow: each frame needs its line.",
                     first_empty, name);
    } else {
      rc = parse(self, &in);
    }
  }
  freelocale(c_locale);
  return rc;
}

static int read_file(char **out, size_t *size, const char *path) {
  const dslt_file_limits limits = {.most = max_file, .what = "a VOT result", .pipes = 1};
  return dslt_file_read(out, size, path, &limits);
}

/* ---- trajectories -------------------------------------------------------------------------------- */

typedef struct region_list {
  dslt_vot_regions regions;
  int capacity;
} region_list;

static int region_of_values(dslt_vot_region *out, const double *values, int count, const reader *in) {
  if (count == 1) {
    for (int code = DSLT_VOT_SKIPPED; code <= DSLT_VOT_FAILED; code++) {
      if (values[0] == code) {
        *out = dslt_vot_code((dslt_vot_kind)code);
        return DSLT_OK;
      }
    }
    return dslt_fail(DSLT_EFORMAT, "Line %ld of %s holds an unknown code: 0, 1 and 2 are known.", in->line,
                     in->name);
  }
  if (count != DSLT_VOT_RECTANGLE && count != DSLT_VOT_POLYGON)
    return dslt_fail(DSLT_EFORMAT, "Line %ld of %s holds %d numbers: a line has one, four or eight.",
                     in->line, in->name, count);
  *out = (dslt_vot_region){.kind = (dslt_vot_kind)count};
  for (int i = 0; i < count; i++) {
    if (isnan(values[i])) {
      *out = dslt_vot_code(DSLT_VOT_SKIPPED);
      return DSLT_OK;
    }
    if (!(fabs(values[i]) <= max_coordinate))
      return dslt_fail(DSLT_EFORMAT, "Line %ld of %s holds a number beyond 1e9.", in->line, in->name);
    out->at[i] = values[i];
  }
  return DSLT_OK;
}

static int parse_region_line(void *self, reader *in) {
  region_list *list = self;
  double values[MAX_VALUES];
  int count = 0, more = 1;
  const char *oddity = dslt_row_oddity(in->at, in->end);
  if (oddity) return dslt_fail(DSLT_EFORMAT, "Line %ld of %s %s.", in->line, in->name, oddity);
  while (more) {
    if (count == MAX_VALUES)
      return dslt_fail(DSLT_EFORMAT, "Line %ld of %s holds more than eight numbers.", in->line, in->name);
    DSLT_TRY(next_number(&values[count++], &more, in));
  }
  dslt_vot_region region;
  DSLT_TRY(region_of_values(&region, values, count, in));
  if (list->regions.count == list->capacity) {
    int larger = list->capacity ? list->capacity * 2 : 256;
    dslt_vot_region *grown = realloc(list->regions.at, (size_t)larger * sizeof *grown);
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", in->name);
    list->regions.at = grown;
    list->capacity = larger;
  }
  list->regions.at[list->regions.count++] = region;
  return DSLT_OK;
}

int dslt_vot_regions_parse(dslt_vot_regions *out, const char *text, size_t size, const char *name) {
  if (!out || !name || (!text && size)) return dslt_fail(DSLT_EARGUMENT, "The text of regions is missing.");
  region_list list = {{NULL, 0}, 0};
  int rc = each_line(text, size, name, parse_region_line, &list);
  if (rc == DSLT_OK && list.regions.count == 0) rc = dslt_fail(DSLT_EFORMAT, "%s holds no regions.", name);
  if (rc < 0)
    dslt_vot_regions_free(&list.regions);
  else
    *out = list.regions;
  return rc;
}

int dslt_vot_regions_read(dslt_vot_regions *out, const char *path) {
  if (!out || !path || !path[0]) return dslt_fail(DSLT_EARGUMENT, "The name of the VOT file is empty.");
  char *data = NULL;
  size_t size = 0;
  DSLT_TRY(read_file(&data, &size, path));
  int rc = dslt_vot_regions_parse(out, data, size, path);
  free(data);
  return rc;
}

void dslt_vot_regions_free(dslt_vot_regions *regions) {
  if (!regions) return;
  free(regions->at);
  *regions = (dslt_vot_regions){NULL, 0};
}

/* ---- times --------------------------------------------------------------------------------------- */

typedef struct time_list {
  double *row; /* [rows][columns], as in the file */
  size_t used, capacity;
  int rows, columns;
} time_list;

static int append_time(time_list *list, double seconds, const reader *in) {
  if (list->used == list->capacity) {
    size_t larger = list->capacity ? list->capacity * 2 : 1024;
    double *grown = realloc(list->row, larger * sizeof *grown);
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", in->name);
    list->row = grown;
    list->capacity = larger;
  }
  list->row[list->used++] = seconds;
  return DSLT_OK;
}

static int parse_time_line(void *self, reader *in) {
  time_list *list = self;
  int columns = 0, more = 1;
  while (more) {
    double seconds;
    DSLT_TRY(next_number(&seconds, &more, in));
    if (++columns > MAX_REPETITIONS)
      return dslt_fail(DSLT_EFORMAT, "Line %ld of %s holds more than %d times.", in->line, in->name,
                       MAX_REPETITIONS);
    if (!isnan(seconds) && !(seconds >= 0 && seconds <= max_coordinate))
      return dslt_fail(DSLT_EFORMAT, "Line %ld of %s holds a time that is not between 0 and 1e9 seconds.",
                       in->line, in->name);
    DSLT_TRY(append_time(list, seconds, in));
  }
  if (list->rows == 0) list->columns = columns;
  if (columns != list->columns)
    return dslt_fail(DSLT_EFORMAT, "Line %ld of %s holds %d times, the lines before it %d.", in->line,
                     in->name, columns, list->columns);
  list->rows++;
  return DSLT_OK;
}

int dslt_vot_times_parse(double **seconds, int *frames, int *repetitions, const char *text, size_t size,
                         const char *name) {
  if (!seconds || !frames || !repetitions || !name || (!text && size))
    return dslt_fail(DSLT_EARGUMENT, "The text of times is missing.");
  time_list list = {NULL, 0, 0, 0, 0};
  double *turned = NULL;
  int rc;
  DSLT_TRY_OR_DONE(each_line(text, size, name, parse_time_line, &list));
  if (list.rows == 0) DSLT_TRY_OR_DONE(dslt_fail(DSLT_EFORMAT, "%s holds no times.", name));
  turned = malloc(list.used * sizeof *turned);
  if (!turned) DSLT_TRY_OR_DONE(dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", name));
  for (int frame = 0; frame < list.rows; frame++)
    for (int run = 0; run < list.columns; run++)
      turned[(size_t)run * (size_t)list.rows + (size_t)frame] =
          list.row[(size_t)frame * (size_t)list.columns + (size_t)run];
  *seconds = turned;
  *frames = list.rows;
  *repetitions = list.columns;
done:
  free(list.row);
  return rc;
}

int dslt_vot_times_read(double **seconds, int *frames, int *repetitions, const char *path) {
  if (!path || !path[0]) return dslt_fail(DSLT_EARGUMENT, "The name of the file of times is empty.");
  char *data = NULL;
  size_t size = 0;
  DSLT_TRY(read_file(&data, &size, path));
  int rc = dslt_vot_times_parse(seconds, frames, repetitions, data, size, path);
  free(data);
  return rc;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static int all_finite(const dslt_vot_region *region) {
  for (int i = 0; region->kind >= DSLT_VOT_RECTANGLE && i < (int)region->kind; i++)
    if (!isfinite(region->at[i])) return 0;
  return 1;
}

static void write_region(FILE *stream, const dslt_vot_region *region) {
  if (region->kind < DSLT_VOT_RECTANGLE) {
    fprintf(stream, "%d\n", (int)region->kind);
    return;
  }
  for (int i = 0; i < (int)region->kind; i++) fprintf(stream, "%s%.4f", i ? "," : "", region->at[i]);
  fputc('\n', stream);
}

static void write_times(FILE *stream, const double *seconds, int frames, int repetitions) {
  for (int frame = 0; frame < frames; frame++) {
    for (int run = 0; run < repetitions; run++) {
      double value = seconds[(size_t)run * (size_t)frames + (size_t)frame];
      fputs(run ? "," : "", stream);
      if (isnan(value))
        fputs("NaN", stream); /* printf would add the sign */
      else
        fprintf(stream, "%.6f", value);
    }
    fputc('\n', stream);
  }
}

/* Open `path` and switch this thread to decimal points; end_writing() undoes both. */
typedef struct writing {
  dslt_atomic_file file;
  locale_t c_locale, before;
} writing;

static int begin_writing(writing *out, const char *path) {
  out->file = (dslt_atomic_file){0};
  out->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!out->c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing %s.", path);
  int rc = dslt_atomic_open(&out->file, path);
  if (rc < 0)
    freelocale(out->c_locale);
  else
    out->before = uselocale(out->c_locale);
  return rc;
}

static int end_writing(writing *out) {
  uselocale(out->before);
  freelocale(out->c_locale);
  return dslt_atomic_commit(&out->file);
}

int dslt_vot_regions_write(const char *path, const dslt_vot_region *regions, int count) {
  if (!path || !path[0] || !regions || count < 1)
    return dslt_fail(DSLT_EARGUMENT, "There are no regions to write, or the file has no name.");
  for (int i = 0; i < count; i++)
    if (!all_finite(&regions[i]))
      return dslt_fail(DSLT_EARGUMENT, "Frame %d of %s is not finite and cannot be written.", i, path);
  writing out;
  DSLT_TRY(begin_writing(&out, path));
  for (int i = 0; i < count; i++) write_region(out.file.stream, &regions[i]);
  return end_writing(&out);
}

int dslt_vot_times_write(const char *path, const double *seconds, int frames, int repetitions) {
  if (!path || !path[0] || !seconds || frames < 1 || repetitions < 1 || repetitions > MAX_REPETITIONS)
    return dslt_fail(DSLT_EARGUMENT, "There are no times to write, or the file has no name.");
  for (size_t i = 0; i < (size_t)frames * (size_t)repetitions; i++)
    if (!isnan(seconds[i]) && !(seconds[i] >= 0 && seconds[i] <= max_coordinate))
      return dslt_fail(DSLT_EARGUMENT, "A time for %s is not between 0 and 1e9 seconds.", path);
  writing out;
  DSLT_TRY(begin_writing(&out, path));
  write_times(out.file.stream, seconds, frames, repetitions);
  return end_writing(&out);
}

int dslt_vot_result_path(char **out, const char *folder, const char *experiment, const char *sequence,
                         int repetition) {
  if (!out || !folder || !folder[0] || !experiment || !experiment[0] || strchr(experiment, '/') ||
      !sequence || !sequence[0] || strchr(sequence, '/') || repetition < 0 || repetition > MAX_REPETITIONS)
    return dslt_fail(DSLT_EARGUMENT, "The parts of a VOT result's name are empty or hold a slash.");
  char *path = NULL;
  int length =
      repetition == 0
          ? asprintf(&path, "%s/%s/%s/%s_time.txt", folder, experiment, sequence, sequence)
          : asprintf(&path, "%s/%s/%s/%s_%03d.txt", folder, experiment, sequence, sequence, repetition);
  if (length < 0) return dslt_fail(DSLT_EMEMORY, "Out of memory for a file name.");
  *out = path;
  return DSLT_OK;
}
