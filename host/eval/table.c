/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: tables of text and their three output formats. */
#include "eval/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int dslt_table_make(dslt_table *out, const char *title, int rows, int columns) {
  const size_t cells = (size_t)rows * (size_t)columns;
  *out = (dslt_table){.title = strdup(title),
                      .cells = calloc(cells, sizeof(char *)),
                      .strong = calloc(cells, 1),
                      .rows = rows,
                      .columns = columns};
  if (!out->title || !out->cells || !out->strong)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for a table of %d rows.", rows);
  return DSLT_OK;
}

void dslt_table_free(dslt_table *table) {
  for (int i = 0; table->cells && i < table->rows * table->columns; i++) free(table->cells[i]);
  free(table->cells);
  free(table->strong);
  free(table->title);
  memset(table, 0, sizeof *table);
}

static int place(const dslt_table *table, int row, int column) { return row * table->columns + column; }

static const char *text_at(const dslt_table *table, int row, int column) {
  const char *text = table->cells[place(table, row, column)];
  return text ? text : "";
}

int dslt_table_set(dslt_table *table, int row, int column, const char *format, ...) {
  va_list list;
  char *text = NULL;
  va_start(list, format);
  int length = vasprintf(&text, format, list);
  va_end(list);
  if (length < 0) return dslt_fail(DSLT_EMEMORY, "Out of memory for the cell of a table.");
  free(table->cells[place(table, row, column)]);
  table->cells[place(table, row, column)] = text;
  return DSLT_OK;
}

void dslt_table_mark(dslt_table *table, int row, int column) { table->strong[place(table, row, column)] = 1; }

/* ---- output -------------------------------------------------------------------------------------- */

/* Characters, not bytes: names may hold UTF-8. */
static int width_of(const char *text) {
  int width = 0;
  for (; *text; text++) width += ((unsigned char)*text & 0xC0) != 0x80;
  return width;
}

static void pad(FILE *stream, int count) {
  for (int i = 0; i < count; i++) fputc(' ', stream);
}

static void draw_text(FILE *stream, const dslt_table *table) {
  fprintf(stream, "%s\n", table->title);
  for (int row = 0; row < table->rows; row++) {
    for (int column = 0; column < table->columns; column++) {
      int widest = 0;
      for (int i = 0; i < table->rows; i++) {
        int width = width_of(text_at(table, i, column));
        if (width > widest) widest = width;
      }
      const char *text = text_at(table, row, column);
      const int space = widest - width_of(text);
      fputs("  ", stream);
      if (column > 0) pad(stream, space);
      fputs(text, stream);
      if (column == 0 && table->columns > 1) pad(stream, space);
    }
    fputc('\n', stream);
  }
}

/* `special`: characters that get a backslash. */
static void put_escaped(FILE *stream, const char *text, const char *special) {
  for (; *text; text++) {
    if (*text == '\n' || *text == '\r') continue; /* a row is a line */
    if (strchr(special, *text)) fputc('\\', stream);
    fputc(*text, stream);
  }
}

static const char markdown_special[] = "\\`*_{}[]<>#|";

static void draw_markdown(FILE *stream, const dslt_table *table) {
  fputs("**", stream);
  put_escaped(stream, table->title, markdown_special);
  fputs("**\n\n", stream);
  for (int row = 0; row < table->rows; row++) {
    fputc('|', stream);
    for (int column = 0; column < table->columns; column++) {
      const char *bold = table->strong[place(table, row, column)] ? "**" : "";
      fprintf(stream, " %s", bold);
      put_escaped(stream, text_at(table, row, column), markdown_special);
      fprintf(stream, "%s |", bold);
    }
    fputc('\n', stream);
    if (row > 0) continue;
    for (int column = 0; column < table->columns; column++) fputs(column ? " ---: |" : "| --- |", stream);
    fputc('\n', stream);
  }
}

static void put_latex(FILE *stream, const char *text) {
  for (; *text; text++) {
    switch (*text) {
      case '\n':
      case '\r': break;
      case '\\': fputs("\\textbackslash{}", stream); break;
      case '~': fputs("\\textasciitilde{}", stream); break;
      case '^': fputs("\\textasciicircum{}", stream); break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}': fputc('\\', stream); /* fall through */
      default: fputc(*text, stream);
    }
  }
}

static void draw_latex(FILE *stream, const dslt_table *table) {
  fputs("\\begin{table}\n\\centering\n\\caption{", stream);
  put_latex(stream, table->title);
  fputs("}\n\\begin{tabular}{l", stream);
  for (int column = 1; column < table->columns; column++) fputc('r', stream);
  fputs("}\n\\toprule\n", stream);
  for (int row = 0; row < table->rows; row++) {
    for (int column = 0; column < table->columns; column++) {
      const int strong = table->strong[place(table, row, column)];
      fputs(column ? " & " : "", stream);
      if (strong) fputs("\\textbf{", stream);
      put_latex(stream, text_at(table, row, column));
      if (strong) fputc('}', stream);
    }
    fputs(" \\\\\n", stream);
    if (row == 0) fputs("\\midrule\n", stream);
  }
  fputs("\\bottomrule\n\\end{tabular}\n\\end{table}\n", stream);
}

void dslt_table_draw(FILE *stream, const dslt_table *table, dslt_table_style style, int first) {
  if (!first) fputc('\n', stream);
  switch (style) {
    case DSLT_TABLE_TEXT: draw_text(stream, table); break;
    case DSLT_TABLE_MARKDOWN: draw_markdown(stream, table); break;
    case DSLT_TABLE_LATEX: draw_latex(stream, table); break;
  }
}
