/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.c: hashes of ground truth and frames. */
#include "experiment/inputs.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

/* ---- hashes -------------------------------------------------------------------------------------- */

static uint64_t hash_numbers(uint64_t hash, const double *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double value = isnan(values[i]) ? (double)NAN : values[i]; /* NaN has many patterns */
    hash = dslt_hash(hash, &value, sizeof value);
  }
  return hash;
}

static uint64_t hash_truth(const dslt_sequence *sequence) {
  uint64_t hash = dslt_hash(0, &sequence->truth_known, sizeof sequence->truth_known);
  for (int i = 0; i < sequence->frames; i++) {
    const dslt_box *box = &sequence->truth[i];
    const double numbers[4] = {box->x, box->y, box->width, box->height};
    hash = hash_numbers(hash, numbers, 4);
  }
  return sequence->polygons ? hash_numbers(hash, sequence->polygons, 8 * (size_t)sequence->frames) : hash;
}

static int hash_file(uint64_t *hash, const char *path) {
  struct stat status;
  if (stat(path, &status) != 0) return dslt_fail(DSLT_EIO, "%s: %s.", path, strerror(errno));
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  const int64_t numbers[] = {status.st_size,         (int64_t)status.st_ino, status.st_mtim.tv_sec,
                             status.st_mtim.tv_nsec, status.st_ctim.tv_sec,  status.st_ctim.tv_nsec};
  *hash = dslt_hash(*hash, name, strlen(name));
  *hash = dslt_hash(*hash, numbers, sizeof numbers);
  return DSLT_OK;
}

static int hash_bytes(uint64_t *hash, const char *path) {
  const dslt_file_limits limits = {.most = (size_t)2 << 30, .what = "a picture"};
  char *bytes = NULL;
  size_t size = 0;
  DSLT_TRY(dslt_file_read(&bytes, &size, path, &limits));
  *hash = dslt_hash(*hash, bytes, size);
  free(bytes);
  return DSLT_OK;
}

static int hash_frames(uint64_t *out, dslt_dataset *set, const dslt_run_job *job,
                       int (*one)(uint64_t *hash, const char *path)) {
  *out = 0;
  for (int i = 0; i < job->frames; i++) {
    char path[PATH_MAX];
    DSLT_TRY(dslt_dataset_frame_path(path, sizeof path, set, job->sequence, job->start + i));
    DSLT_TRY(one(out, path));
  }
  return DSLT_OK;
}

int dslt_inputs_look(dslt_inputs *out, dslt_dataset *set, const dslt_run_job *job) {
  out->truth = hash_truth(dslt_dataset_at(set, job->sequence));
  return hash_frames(&out->files, set, job, hash_file);
}

/* ---- the file ------------------------------------------------------------------------------------ */

static json_t *hash_json(uint64_t hash) {
  char text[17];
  snprintf(text, sizeof text, "%016" PRIx64, hash);
  return json_string(text);
}

int dslt_inputs_describe(json_t **out, const dslt_inputs *inputs, dslt_dataset *set,
                         const dslt_run_job *job) {
  uint64_t pictures;
  DSLT_TRY(hash_frames(&pictures, set, job, hash_bytes));
  *out = json_pack("{s:o, s:o}", "ground_truth", hash_json(inputs->truth), "pictures", hash_json(pictures));
  return *out ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for %s.", job->name);
}

int dslt_inputs_stamp(const dslt_inputs *inputs, const dslt_draft *draft, const char *name) {
  char text[32], *path = NULL;
  DSLT_TRY(dslt_draft_path(&path, draft, name));
  const int length = snprintf(text, sizeof text, "%016" PRIx64 "\n", inputs->files);
  const int rc = dslt_atomic_write(path, text, (size_t)length);
  free(path);
  return rc;
}

/* 1 when the member is there and holds another hash. */
static int differs(const json_t *inputs, const char *key, uint64_t hash) {
  char text[17];
  const char *older = json_string_value(json_object_get(inputs, key));
  snprintf(text, sizeof text, "%016" PRIx64, hash);
  return older && strcmp(older, text) != 0;
}

/* 1 if the files are the same ones that were read. */
static int same_files(dslt_dataset *set, const dslt_run_job *job, const char *results) {
  const dslt_file_limits limits = {.most = 64, .what = "a hash"};
  char *path = NULL, *text = NULL, now[32];
  size_t size = 0;
  uint64_t hash;
  int same = 0;
  if (dslt_results_path(&path, results, job->stamp) < 0) return 0;
  if (dslt_file_read(&text, &size, path, &limits) == DSLT_OK &&
      hash_frames(&hash, set, job, hash_file) == DSLT_OK) {
    snprintf(now, sizeof now, "%016" PRIx64 "\n", hash);
    same = strcmp(text, now) == 0;
  }
  free(text);
  free(path);
  return same;
}

const char *dslt_inputs_changed(dslt_dataset *set, const dslt_run_job *job, const char *results) {
  char *path = NULL;
  uint64_t hash;
  const char *what = NULL;
  if (dslt_results_path(&path, results, job->losses) < 0) return NULL;
  json_t *root = json_load_file(path, 0, NULL);
  const json_t *inputs = json_object_get(root, "inputs");
  if (!inputs) goto done;
  if (differs(inputs, "ground_truth", hash_truth(dslt_dataset_at(set, job->sequence))))
    what = "ground truth";
  else if (!same_files(set, job, results) && hash_frames(&hash, set, job, hash_bytes) == DSLT_OK &&
           differs(inputs, "pictures", hash))
    what = "frames";
done:
  json_decref(root);
  free(path);
  return what;
}
