/* SPDX-License-Identifier: Apache-2.0 */
/* page.h: the report page: results are scored into a temporary folder, Python generates the page from it. */
#ifndef DSLT_REPORT_PAGE_H
#define DSLT_REPORT_PAGE_H

#include <signal.h>

#include "eval/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An additional file for the page: an option of host/report/main.py and its value. */
typedef struct dslt_page_extra {
  const char *option, *file; /* "--vot", "--ablation" or "--summary" */
} dslt_page_extra;

/* Inputs and settings of the page; all strings are borrowed. */
typedef struct dslt_page_request {
  const char *dataset, *root, *sequences; /* `sequences` NULL: all */
  const dslt_result_source *sources;      /* result folders */
  int source_count;                       /* 0: only `extras`; then dataset and root are not used */
  const dslt_page_extra *extras;
  int extra_count;
  const char *out;                   /* the page */
  const char *plots, *title, *focus; /* or NULL; `focus` names the tracker whose worst frames are shown */
  dslt_convention convention;
  int common;           /* 1: only sequences that every tracker was scored on */
  int no_thumbnails;    /* 1: no frames of the set in the page */
  int player_megabytes; /* what sequences that play may take of the page; 0: none plays */
  /* The number of a signal, which a handler may set at any time, ends the work between two steps. NULL: nothing does. */
  const volatile sig_atomic_t *stop;
} dslt_page_request;

typedef struct dslt_page_result {
  int evaluated; /* 1: scoring succeeded */
  int gaps;      /* sequences that could not be scored, over all trackers */
} dslt_page_result;

/* Score and draw. `gap` (may be NULL) is called with a sentence for each sequence of a tracker that could not
 * be scored. Returns Python's exit code, 128 plus the number of a signal that ended Python or that `stop` gave, or a
 * negative code: those of dslt_dataset_open(), dslt_evaluate() and dslt_python_run(); DSLT_EOPTION: no folder is called
 * as `focus`; DSLT_EFORMAT: nothing could be scored. */
int dslt_page_make(dslt_page_result *out, const dslt_page_request *request,
                   void (*gap)(const char *sentence));

#ifdef __cplusplus
}
#endif

#endif
