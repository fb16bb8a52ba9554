/* SPDX-License-Identifier: Apache-2.0 */
/* Result files. */
#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "dataset/boxes.h"

static const char *const format_names[] = {"otb", "vot", "got10k", "csv", "json", "jsonl"};

int dslt_box_format_parse(dslt_box_format *out, const char *name) {
  for (int i = 0; name && i < (int)(sizeof format_names / sizeof *format_names); i++) {
    if (strcmp(name, format_names[i]) == 0) {
      *out = (dslt_box_format)i;
      return DSLT_OK;
    }
  }
  return dslt_fail(DSLT_EOPTION, "Unknown format \"%s\": choose otb, vot, got10k, csv, json or jsonl.",
                   name ? name : "");
}

/* What goes into a file: one target's rows, or several targets' with their numbers. */
typedef struct row_table {
  const dslt_track_row *const *rows;    /* [targets][frames] */
  int targets, first, frames, numbered; /* frames first .. frames - 1 */
} row_table;

static void write_csv_head(FILE *stream, int numbered) {
  fputs(
      numbered ? "frame,target,x,y,width,height,peak,lost,time\n" : "frame,x,y,width,height,peak,lost,time\n",
      stream);
}

/* `number` of the target, 0 where there is only one. */
static void write_csv_row(FILE *stream, const dslt_track_row *row, int number) {
  fprintf(stream, "%lld,", (long long)row->frame);
  if (number) fprintf(stream, "%d,", number);
  fprintf(stream, "%.4f,%.4f,%.4f,%.4f,%.6f,%d,", row->box.x, row->box.y, row->box.width, row->box.height,
          row->peak, row->lost != 0);
  if (row->timed) fprintf(stream, "%.6f", row->time);
  fputc('\n', stream);
}

static void write_csv(FILE *stream, const row_table *t) {
  if (t->first == 0) write_csv_head(stream, t->numbered);
  for (int i = t->first; i < t->frames; i++)
    for (int k = 0; k < t->targets; k++) write_csv_row(stream, &t->rows[k][i], t->numbered ? k + 1 : 0);
}

static void write_plain(FILE *stream, dslt_box_format format, const row_table *t) {
  const dslt_track_row *rows = t->rows[0];
  for (int i = t->first; i < t->frames; i++) {
    if (format == DSLT_FORMAT_VOT && i == 0) {
      fputs("1\n", stream); /* VOT's mark of a frame that initialised the tracker */
      continue;
    }
    dslt_box box = format == DSLT_FORMAT_VOT ? rows[i].box : dslt_box_to_otb(rows[i].box);
    const char *line = format == DSLT_FORMAT_GOT10K ? "%.3f,%.3f,%.3f,%.3f\n" : "%.4f,%.4f,%.4f,%.4f\n";
    fprintf(stream, line, box.x, box.y, box.width, box.height);
  }
}

static int write_json_row(FILE *stream, const dslt_track_row *r, int number) {
  json_t *row = json_pack("{s:I}", "frame", (json_int_t)r->frame);
  int bad = row && number ? json_object_set_new(row, "target", json_integer(number)) : 0;
  json_t *rest = json_pack("{s:f, s:f, s:f, s:f, s:f, s:b}", "x", r->box.x, "y", r->box.y, "width",
                           r->box.width, "height", r->box.height, "peak", r->peak, "lost", r->lost != 0);
  bad |= rest ? json_object_set_new(rest, "time", r->timed ? json_real(r->time) : json_null()) : 0;
  if (rest && r->live) {
    bad |= json_object_set_new(rest, "latency_ms", json_real(r->latency_ms));
    bad |= json_object_set_new(rest, "dropped", json_integer(r->dropped));
  }
  if (!row || !rest || bad || json_object_update(row, rest) != 0) {
    json_decref(row);
    json_decref(rest);
    return dslt_fail(DSLT_EINTERNAL, "Row %lld cannot be written as JSON: it is not finite.",
                     (long long)r->frame);
  }
  json_decref(rest);
  bad = json_dumpf(row, stream, JSON_REAL_PRECISION(10));
  json_decref(row);
  /* A full disk shows in the stream's error flag, which the commit reports with its reason. */
  return bad && !ferror(stream) ? dslt_fail(DSLT_EMEMORY, "Out of memory while writing JSON.") : DSLT_OK;
}

/* A row at a time, so that a day of video needs no second copy in memory. */
static int write_json(FILE *stream, const row_table *t) {
  fputs("{\"convention\": \"0-based, continuous, top-left corner, pixels\", ", stream);
  if (t->numbered) fprintf(stream, "\"targets\": %d, ", t->targets);
  fputs("\"frames\": [", stream);
  for (int i = 0; i < t->frames; i++)
    for (int k = 0; k < t->targets; k++) {
      fputs(i || k ? ",\n" : "\n", stream);
      DSLT_TRY(write_json_row(stream, &t->rows[k][i], t->numbered ? k + 1 : 0));
    }
  fputs("\n]}\n", stream);
  return DSLT_OK;
}

static int write_lines(FILE *stream, const row_table *t) {
  for (int i = t->first; i < t->frames; i++)
    for (int k = 0; k < t->targets; k++) {
      DSLT_TRY(write_json_row(stream, &t->rows[k][i], t->numbered ? k + 1 : 0));
      fputc('\n', stream);
    }
  return DSLT_OK;
}

/* Rows of targets that come and go, each with its target's number. */
typedef struct row_list {
  const dslt_track_row *rows;
  const int *numbers; /* [count] */
  int count, head;
} row_list;

static int write_list(FILE *stream, dslt_box_format format, const row_list *l) {
  if (l->head && format == DSLT_FORMAT_CSV) write_csv_head(stream, 1);
  for (int i = 0; i < l->count; i++) {
    if (format == DSLT_FORMAT_CSV) {
      write_csv_row(stream, &l->rows[i], l->numbers[i]);
    } else {
      DSLT_TRY(write_json_row(stream, &l->rows[i], l->numbers[i]));
      fputc('\n', stream);
    }
  }
  return DSLT_OK;
}

static int write_formatted(FILE *stream, dslt_box_format format, const row_table *t) {
  switch (format) {
    case DSLT_FORMAT_JSON: return write_json(stream, t);
    case DSLT_FORMAT_JSONL: return write_lines(stream, t);
    case DSLT_FORMAT_CSV: write_csv(stream, t); break;
    case DSLT_FORMAT_OTB:
    case DSLT_FORMAT_VOT:
    case DSLT_FORMAT_GOT10K: write_plain(stream, format, t); break;
  }
  return DSLT_OK;
}

/* A table or, where there is none, a list. */
static int write_rows(FILE *stream, dslt_box_format format, const row_table *t, const row_list *list) {
  /* A window toolkit may have switched the program to a locale with decimal commas. */
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing boxes.");
  locale_t before = uselocale(c_locale);
  const int rc = t ? write_formatted(stream, format, t) : write_list(stream, format, list);
  uselocale(before);
  freelocale(c_locale);
  return rc;
}

static int write_table(FILE *stream, dslt_box_format format, const row_table *t) {
  return write_rows(stream, format, t, NULL);
}

int dslt_track_stream(FILE *stream, dslt_box_format format, const dslt_track_row *rows, const int *targets,
                      int count, int head) {
  if (format != DSLT_FORMAT_CSV && format != DSLT_FORMAT_JSONL)
    return dslt_fail(DSLT_EARGUMENT, "Targets that come and go are written as csv or jsonl, not as %s.",
                     format_names[format]);
  const row_list list = {rows, targets, count, head};
  return write_rows(stream, format, NULL, &list);
}

static int print_table(dslt_box_format format, const row_table *t) {
  DSLT_TRY(write_table(stdout, format, t));
  if (fflush(stdout) != 0 || ferror(stdout))
    return dslt_fail(DSLT_EIO, "Cannot write to standard output: %s.", strerror(errno));
  return DSLT_OK;
}

static int write_file(const char *path, dslt_box_format format, const row_table *t) {
  if (strcmp(path, "-") == 0) return print_table(format, t);
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, path));
  return dslt_atomic_end(&file, write_table(file.stream, format, t));
}

int dslt_track_write(const char *path, dslt_box_format format, const dslt_track_row *rows, int count) {
  if (!path || count < 0 || (!rows && count)) return dslt_fail(DSLT_EARGUMENT, "There are no rows to write.");
  row_table table = {.rows = &rows, .targets = 1, .frames = count};
  return write_file(path, format, &table);
}

int dslt_box_format_numbers(dslt_box_format format) {
  return format == DSLT_FORMAT_CSV || format == DSLT_FORMAT_JSON || format == DSLT_FORMAT_JSONL;
}

int dslt_box_format_flows(dslt_box_format format) { return format != DSLT_FORMAT_JSON; }

int dslt_track_print(dslt_box_format format, const dslt_track_row *const *rows, int targets, int frame) {
  if (!rows || targets < 1 || frame < 0 || !dslt_box_format_flows(format) ||
      (targets > 1 && !dslt_box_format_numbers(format)))
    return dslt_fail(DSLT_EARGUMENT, "These rows cannot be printed one by one.");
  row_table table = {
      .rows = rows, .targets = targets, .first = frame, .frames = frame + 1, .numbered = targets > 1};
  return print_table(format, &table);
}

int dslt_track_write_targets(const char *path, dslt_box_format format, const dslt_track_row *const *rows,
                             int targets, int count) {
  if (!path || !rows || targets < 1 || count < 0)
    return dslt_fail(DSLT_EARGUMENT, "There are no rows to write.");
  if (!dslt_box_format_numbers(format))
    return dslt_fail(DSLT_EARGUMENT, "Format %s holds one target; csv, json and jsonl hold several.",
                     format_names[format]);
  row_table table = {.rows = rows, .targets = targets, .frames = count, .numbered = 1};
  return write_file(path, format, &table);
}
