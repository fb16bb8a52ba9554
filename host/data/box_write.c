/* Result files. */
#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "data/boxes.h"
#include "util/atomic_file.h"
#include "util/error.h"

static const char *const format_names[] = {"otb", "vot", "got10k", "csv", "json"};

int dslt_box_format_parse(dslt_box_format *out, const char *name) {
  for (int i = 0; name && i < (int)(sizeof format_names / sizeof *format_names); i++) {
    if (strcmp(name, format_names[i]) == 0) {
      *out = (dslt_box_format)i;
      return DSLT_OK;
    }
  }
  return dslt_fail(DSLT_EOPTION, "Unknown format \"%s\": choose otb, vot, got10k, csv or json.",
                   name ? name : "");
}

static void write_csv(FILE *stream, const dslt_track_row *rows, int count) {
  fputs("frame,x,y,width,height,peak,lost\n", stream);
  for (int i = 0; i < count; i++)
    fprintf(stream, "%lld,%.4f,%.4f,%.4f,%.4f,%.6f,%d\n", (long long)rows[i].frame, rows[i].box.x,
            rows[i].box.y, rows[i].box.width, rows[i].box.height, rows[i].peak, rows[i].lost != 0);
}

static void write_plain(FILE *stream, dslt_box_format format, const dslt_track_row *rows, int count) {
  for (int i = 0; i < count; i++) {
    if (format == DSLT_FORMAT_VOT && i == 0) {
      fputs("1\n", stream); /* VOT's mark of a frame that initialised the tracker */
      continue;
    }
    dslt_box box = format == DSLT_FORMAT_VOT ? rows[i].box : dslt_box_to_otb(rows[i].box);
    const char *line = format == DSLT_FORMAT_GOT10K ? "%.3f,%.3f,%.3f,%.3f\n" : "%.4f,%.4f,%.4f,%.4f\n";
    fprintf(stream, line, box.x, box.y, box.width, box.height);
  }
}

/* A row at a time, so that a day of video needs no second copy in memory. */
static int write_json(FILE *stream, const dslt_track_row *rows, int count) {
  fputs("{\"convention\": \"0-based, continuous, top-left corner, pixels\", \"frames\": [", stream);
  for (int i = 0; i < count; i++) {
    json_t *row = json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:b}", "frame", (json_int_t)rows[i].frame, "x",
                            rows[i].box.x, "y", rows[i].box.y, "width", rows[i].box.width, "height",
                            rows[i].box.height, "peak", rows[i].peak, "lost", rows[i].lost != 0);
    if (!row) return dslt_fail(DSLT_EINTERNAL, "Row %d cannot be written as JSON: it is not finite.", i);
    fputs(i ? ",\n" : "\n", stream);
    int bad = json_dumpf(row, stream, JSON_REAL_PRECISION(10));
    json_decref(row);
    /* A full disk shows in the stream's error flag, which the commit reports with its reason. */
    if (bad && !ferror(stream)) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing JSON.");
  }
  fputs("\n]}\n", stream);
  return DSLT_OK;
}

static int write_rows(FILE *stream, dslt_box_format format, const dslt_track_row *rows, int count) {
  /* A window toolkit may have switched the program to a locale with decimal commas. */
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing boxes.");
  locale_t before = uselocale(c_locale);
  int rc = DSLT_OK;
  switch (format) {
    case DSLT_FORMAT_JSON: rc = write_json(stream, rows, count); break;
    case DSLT_FORMAT_CSV: write_csv(stream, rows, count); break;
    case DSLT_FORMAT_OTB:
    case DSLT_FORMAT_VOT:
    case DSLT_FORMAT_GOT10K: write_plain(stream, format, rows, count); break;
  }
  uselocale(before);
  freelocale(c_locale);
  return rc;
}

int dslt_track_write(const char *path, dslt_box_format format, const dslt_track_row *rows, int count) {
  if (!path || count < 0 || (!rows && count)) return dslt_fail(DSLT_EARGUMENT, "There are no rows to write.");
  if (strcmp(path, "-") == 0) {
    DSLT_TRY(write_rows(stdout, format, rows, count));
    if (fflush(stdout) != 0 || ferror(stdout))
      return dslt_fail(DSLT_EIO, "Cannot write to standard output: %s.", strerror(errno));
    return DSLT_OK;
  }
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, path));
  int rc = write_rows(file.stream, format, rows, count);
  if (rc < 0) {
    dslt_atomic_abort(&file);
    return rc;
  }
  return dslt_atomic_commit(&file);
}
