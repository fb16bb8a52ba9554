/* SPDX-License-Identifier: Apache-2.0 */
/* draft.h: a private folder of this process inside the results, where files are written before they are moved
 * to their final names. It is called RESULTS/.partial/MACHINE.PID, so that many processes on many machines
 * can share the results, and files of a killed process can be distinguished from those of a running one. */
#ifndef DSLT_EXPERIMENT_DRAFT_H
#define DSLT_EXPERIMENT_DRAFT_H

#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_draft {
  char *results; /* owned */
  char *folder;  /* owned; NULL when not open */
} dslt_draft;

/* Make the folder, and the results' own folder where it is missing. DSLT_EIO, DSLT_EMEMORY. */
int dslt_draft_open(dslt_draft *out, const char *results);
/* Where to write the file `name`; the caller frees *out. DSLT_EMEMORY. */
int dslt_draft_path(char **out, const dslt_draft *draft, const char *name);
/* Move the finished file `name` to RESULTS/`final`, creating missing folders; an existing file is replaced
 * atomically. DSLT_EIO, DSLT_EMEMORY. */
int dslt_draft_publish(const dslt_draft *draft, const char *name, const char *final);
/* The same, but only where RESULTS/`final` does not exist yet: 1 = moved, 0 = it exists. Of several processes
 * that try, one wins. */
int dslt_draft_publish_new(const dslt_draft *draft, const char *name, const char *final);
/* Write `size` bytes straight to RESULTS/`final`, through the draft. */
int dslt_draft_write(const dslt_draft *draft, const char *final, const void *data, size_t size);
/* Remove the folder and its contents. Does nothing on a zeroed draft. */
void dslt_draft_close(dslt_draft *draft);

/* Remove what process `pid` of this machine left, which must have ended. */
void dslt_draft_remove(const char *results, long pid);
/* Remove what ended processes of this machine left. Folders of other machines (and containers) stay, since
 * the state of their processes is unknown. Returns the number of folders removed. */
int dslt_draft_sweep(const char *results);

/* RESULTS/name; the caller frees *out. DSLT_EMEMORY. */
int dslt_results_path(char **out, const char *results, const char *name);
/* Write RESULTS/name by `write`, whole or not at all. DSLT_EIO, DSLT_EMEMORY, and what `write` returns. */
int dslt_results_save(const char *results, const char *name, int (*write)(FILE *stream, const void *what),
                      const void *what);

#ifdef __cplusplus
}
#endif

#endif
