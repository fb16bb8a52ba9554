/* SPDX-License-Identifier: Apache-2.0 */
/* shard.c: reads --shard and the variables of batch systems. */
#include "experiment/shard.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { SHARDS_MAX = 1000000 };

static const char kubernetes[] = "JOB_COMPLETION_INDEX";
static const char parallel[] = "PARALLEL_SEQ";
static const char slurm[] = "SLURM_ARRAY_TASK_ID";

/* A whole number from `low` up; 0 when `text` is none. */
static int whole(int *out, const char *text, int low) {
  char *end;
  if (!text || text[0] < '0' || text[0] > '9') return 0;
  long value = strtol(text, &end, 10);
  if (*end || value < low || value > SHARDS_MAX) return 0;
  *out = (int)value;
  return 1;
}

/* A variable's number. 1 = there, 0 = not set, negative = set to something else. */
static int variable(int *out, const char *name, int low) {
  const char *text = getenv(name);
  if (!text || !text[0]) return 0;
  if (!whole(out, text, low))
    return dslt_fail(DSLT_EOPTION, "%s is \"%s\", which is no number of a shard; give --shard i/N.", name,
                     text);
  return 1;
}

static int check(dslt_shard *out, int index, int count, const char *name) {
  if (index < 0 || index >= count)
    return dslt_fail(DSLT_EOPTION,
                     "%s gives shard %d counted from 0, but there are only %d; give --shard i/N.", name,
                     index, count);
  *out = (dslt_shard){index, count, name};
  return DSLT_OK;
}

/* The whole array as Slurm describes it. 1 = found. */
static int from_slurm(dslt_shard *out) {
  int id, count, low, step = 1;
  int there = variable(&id, slurm, 0);
  if (there <= 0) return there;
  there = variable(&count, "SLURM_ARRAY_TASK_COUNT", 1);
  if (there == 1) there = variable(&low, "SLURM_ARRAY_TASK_MIN", 0);
  if (there == 1) {
    int stepped = variable(&step, "SLURM_ARRAY_TASK_STEP", 1);
    if (stepped < 0) there = stepped;
  }
  if (there < 0) return there;
  if (there == 0)
    return dslt_fail(
        DSLT_EOPTION,
        "%s is set, but SLURM_ARRAY_TASK_COUNT or SLURM_ARRAY_TASK_MIN is not; give --shard i/N.", slurm);
  int rc = check(out, (id - low) / step, count, slurm);
  return rc < 0 ? rc : 1;
}

static int index_from_environment(dslt_shard *out, int count) {
  static const struct {
    const char *name;
    int first; /* the smallest index of the array */
  } sources[] = {{kubernetes, 0}, {slurm, 0}, {parallel, 1}};
  for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
    int index;
    int there = variable(&index, sources[i].name, sources[i].first);
    if (there < 0) return there;
    if (there) return check(out, index - sources[i].first, count, sources[i].name);
  }
  return dslt_fail(DSLT_EOPTION,
                   "--shard auto/%d finds none of %s, %s and %s in the environment; give --shard i/%d.",
                   count, kubernetes, slurm, parallel, count);
}

static int not_a_shard(const char *text) {
  return dslt_fail(DSLT_EOPTION, "--shard takes i/N with 1 <= i <= N, auto/N or auto, not \"%s\".", text);
}

int dslt_shard_parse(dslt_shard *out, const char *text) {
  if (!text || strcmp(text, "auto") == 0) {
    int there = from_slurm(out);
    if (there) return there < 0 ? there : DSLT_OK;
    if (getenv(kubernetes))
      return dslt_fail(
          DSLT_EOPTION,
          "%s is set, but not the number of shards; give --shard auto/N with the job's completions, or "
          "--shard 1/1 to do everything here.",
          kubernetes);
    if (text)
      return dslt_fail(DSLT_EOPTION,
                       "--shard auto finds no Slurm array in the environment; give auto/N or i/N.");
    *out = (dslt_shard){0, 1, NULL};
    return DSLT_OK;
  }
  const char *slash = strchr(text, '/');
  int count, index;
  if (!slash || !whole(&count, slash + 1, 1)) return not_a_shard(text);
  if (strncmp(text, "auto/", 5) == 0) return index_from_environment(out, count);
  char number[16];
  size_t length = (size_t)(slash - text);
  if (length >= sizeof number) return not_a_shard(text);
  memcpy(number, text, length);
  number[length] = '\0';
  if (!whole(&index, number, 1) || index > count) return not_a_shard(text);
  *out = (dslt_shard){index - 1, count, NULL};
  return DSLT_OK;
}
