/* SPDX-License-Identifier: Apache-2.0 */
/* output.c: writes scores in each format to files and standard output. */
#include "eval/output.h"

#include <locale.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "eval/json.h"

typedef enum form { FORM_JSON, FORM_CSV, FORM_MARKDOWN, FORM_LATEX, FORM_TEXT } form;

/* Scores of any protocol. Each function writes to a stream and returns 0 or a negative code. */
typedef struct drawn {
  const void *self;
  dslt_eval_parts parts;
  int (*tables)(FILE *stream, const struct drawn *drawn, dslt_table_style style);
  int (*json)(FILE *stream, const struct drawn *drawn);
  int (*csv)(FILE *stream, const struct drawn *drawn);
} drawn;

/* ---- any format ---------------------------------------------------------------------------------- */

static int draw(FILE *stream, const drawn *on, form as) {
  switch (as) {
    case FORM_JSON: return on->json(stream, on);
    case FORM_CSV: return on->csv(stream, on);
    case FORM_MARKDOWN: return on->tables(stream, on, DSLT_TABLE_MARKDOWN);
    case FORM_LATEX: return on->tables(stream, on, DSLT_TABLE_LATEX);
    case FORM_TEXT: break;
  }
  return on->tables(stream, on, DSLT_TABLE_TEXT);
}

/* Numbers have decimal points in every locale. */
static int draw_plain(FILE *stream, const drawn *on, form as) {
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing scores.");
  locale_t before = uselocale(c_locale);
  int rc = draw(stream, on, as);
  uselocale(before);
  freelocale(c_locale);
  return rc;
}

static int write_file(const char *path, const drawn *on, form as) {
  if (strcmp(path, "-") == 0) return draw_plain(stdout, on, as);
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, path));
  return dslt_atomic_end(&file, draw_plain(file.stream, on, as));
}

static int write_all(const drawn *on, const dslt_eval_output *output) {
  const char *const paths[] = {output->json, output->csv, output->markdown, output->latex};
  static const form forms[] = {FORM_JSON, FORM_CSV, FORM_MARKDOWN, FORM_LATEX};
  int table = 1;
  for (int i = 0; i < 4; i++) {
    if (!paths[i]) continue;
    if (strcmp(paths[i], "-") == 0) table = 0;
    DSLT_TRY(write_file(paths[i], on, forms[i]));
  }
  return table ? draw_plain(stdout, on, FORM_TEXT) : DSLT_OK;
}

/* ---- one pass, TRE, SRE, GOT-10k ----------------------------------------------------------------- */

static int pass_tables(FILE *stream, const drawn *on, dslt_table_style style) {
  return dslt_eval_tables_draw(stream, on->self, style, on->parts);
}

static int pass_json(FILE *stream, const drawn *on) {
  json_t *document = NULL;
  DSLT_TRY(dslt_eval_json_make(&document, on->self));
  int rc = dslt_eval_json_draw(stream, document);
  json_decref(document);
  return rc;
}

static int pass_csv(FILE *stream, const drawn *on) {
  dslt_eval_csv_draw(stream, on->self);
  return DSLT_OK;
}

int dslt_evaluation_write(const dslt_evaluation *evaluation, const dslt_eval_output *output) {
  const drawn on = {evaluation, output->parts, pass_tables, pass_json, pass_csv};
  return write_all(&on, output);
}

/* ---- VOT ----------------------------------------------------------------------------------------- */

static int vot_tables(FILE *stream, const drawn *on, dslt_table_style style) {
  return dslt_vot_board_tables(stream, on->self, style, on->parts.per_sequence);
}

static int vot_json(FILE *stream, const drawn *on) { return dslt_vot_board_json(stream, on->self); }

static int vot_csv(FILE *stream, const drawn *on) {
  dslt_vot_board_csv(stream, on->self);
  return DSLT_OK;
}

int dslt_vot_board_write(const dslt_vot_board *board, const dslt_eval_output *output) {
  const drawn on = {board, output->parts, vot_tables, vot_json, vot_csv};
  return write_all(&on, output);
}
