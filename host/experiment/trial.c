/* SPDX-License-Identifier: Apache-2.0 */
/* trial.c: makes a tracker in a child process. */
#include "experiment/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "experiment/pool.h"

typedef struct trial {
  const dslt_run_request *request;
  dslt_weights *weights;
  const char *gpu;
  dslt_pool_outcome outcome;
} trial;

/* name, device and library as three lines */
static int make_tracker(void *self, int task, int slot, dslt_pool_line *line) {
  (void)task, (void)slot;
  const trial *t = self;
  if (t->gpu) setenv("CUDA_VISIBLE_DEVICES", t->gpu, 1);
  dslt_tracker *tracker = NULL;
  DSLT_TRY(dslt_tracker_create(&tracker, t->request->tracker, t->weights));
  const char *name = dslt_tracker_backend(tracker);
  dslt_backend_info info;
  for (int i = 0; dslt_backend_query(&info, i) == DSLT_OK; i++) {
    if (strcmp(info.name, name) != 0) continue;
    char words[DSLT_POOL_TEXT];
    snprintf(words, sizeof words, "%s\n%s\n%s", name, info.device, info.library);
    dslt_pool_say(line, words);
  }
  dslt_tracker_free(tracker);
  return DSLT_OK;
}

static int ended(void *self, int task, const dslt_pool_outcome *outcome) {
  (void)task;
  ((trial *)self)->outcome = *outcome;
  return 0;
}

static void take_line(char *out, size_t size, const char **text) {
  size_t length = strcspn(*text, "\n");
  snprintf(out, size, "%.*s", (int)length, *text);
  *text += length + ((*text)[length] == '\n');
}

int dslt_trial(dslt_backend_words *out, const dslt_run_request *request, dslt_weights *weights,
               const char *gpu) {
  trial t = {.request = request, .weights = weights, .gpu = gpu};
  const dslt_pool pool = {.tasks = 1, .slots = 1, .self = &t, .work = make_tracker, .done = ended};
  int rc = dslt_pool_run(&pool, NULL);
  DSLT_TRY(rc);
  if (t.outcome.code < 0) return dslt_fail(t.outcome.code, "%s", t.outcome.text);
  const char *text = t.outcome.text;
  take_line(out->name, sizeof out->name, &text);
  take_line(out->device, sizeof out->device, &text);
  take_line(out->library, sizeof out->library, &text);
  return DSLT_OK;
}
