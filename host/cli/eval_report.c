/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/eval_report.h"

#include <locale.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"

typedef enum form { FORM_JSON, FORM_CSV, FORM_MARKDOWN, FORM_LATEX, FORM_TEXT } form;

static int draw(FILE *stream, const dslt_eval_report *report, form as) {
  switch (as) {
    case FORM_JSON: return report->json(stream, report->self);
    case FORM_CSV: return report->csv(stream, report->self);
    case FORM_MARKDOWN: return report->tables(stream, report->self, DSLT_TABLE_MARKDOWN);
    case FORM_LATEX: return report->tables(stream, report->self, DSLT_TABLE_LATEX);
    case FORM_TEXT: break;
  }
  return report->tables(stream, report->self, DSLT_TABLE_TEXT);
}

/* Numbers have points whatever the locale. */
static int draw_plain(FILE *stream, const dslt_eval_report *report, form as) {
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing scores.");
  locale_t before = uselocale(c_locale);
  int rc = draw(stream, report, as);
  uselocale(before);
  freelocale(c_locale);
  return rc;
}

static int write_file(const char *path, const dslt_eval_report *report, form as) {
  if (strcmp(path, "-") == 0) return draw_plain(stdout, report, as);
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, path));
  int rc = draw_plain(file.stream, report, as);
  if (rc < 0) {
    dslt_atomic_abort(&file);
    return rc;
  }
  return dslt_atomic_commit(&file);
}

int dslt_eval_report_write(const dslt_eval_report *report, const dslt_eval_request *request) {
  const char *const paths[] = {request->json, request->csv, request->markdown, request->latex};
  static const form forms[] = {FORM_JSON, FORM_CSV, FORM_MARKDOWN, FORM_LATEX};
  int table = 1;
  for (int i = 0; i < 4; i++) {
    if (!paths[i]) continue;
    if (strcmp(paths[i], "-") == 0) table = 0;
    DSLT_TRY(write_file(paths[i], report, forms[i]));
  }
  return table ? draw_plain(stdout, report, FORM_TEXT) : DSLT_OK;
}
