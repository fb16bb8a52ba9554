/* SPDX-License-Identifier: Apache-2.0 */
/* table.h: tables of text, drawn as plain text, Markdown or LaTeX. */
#ifndef DSLT_EVAL_TABLE_H
#define DSLT_EVAL_TABLE_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_table_style {
  DSLT_TABLE_TEXT = 0,
  DSLT_TABLE_MARKDOWN = 1,
  DSLT_TABLE_LATEX = 2
} dslt_table_style;

/* Rows of cells; the first column holds names, left-aligned; the others are right-aligned. */
typedef struct dslt_table {
  char *title;  /* owned */
  char **cells; /* [rows][columns]; row 0 is the head; "" at first; owned */
  char *strong; /* [rows][columns]: 1 = the best value, bold if the format supports it; owned */
  int rows, columns;
} dslt_table;

/* An empty table. `rows` counts the head. DSLT_EMEMORY. Free with dslt_table_free(), also after an error. */
int dslt_table_make(dslt_table *out, const char *title, int rows, int columns);
void dslt_table_free(dslt_table *table);
/* Set one cell. DSLT_EMEMORY. */
int dslt_table_set(dslt_table *table, int row, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void dslt_table_mark(dslt_table *table, int row, int column);

/* Draw it, an empty line before the title unless `first`. LaTeX needs the package booktabs. */
void dslt_table_draw(FILE *stream, const dslt_table *table, dslt_table_style style, int first);

#ifdef __cplusplus
}
#endif

#endif
