/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c: makes, writes and compares manifests. */
#include "experiment/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "experiment/machine.h"
#include "nn/weights_internal.h"

enum { FORMAT = 1 };
static const char file_name[] = "manifest.json";

static int no_memory(void) { return dslt_fail(DSLT_EMEMORY, "Out of memory while describing the run."); }

/* ---- making -------------------------------------------------------------------------------------- */

static json_t *describe_command(const dslt_run_request *request) {
  json_t *list = json_array();
  for (int i = 0; list && i < request->argc; i++)
    json_array_append_new(list, dslt_json_text(request->argv[i]));
  return list;
}

static json_t *describe_dataset(const dslt_run_request *request, const dslt_dataset *set) {
  const dslt_dataset_kind *kind = dslt_dataset_kind_of(set);
  json_t *names = json_array(), *notes = json_object();
  json_int_t frames = 0;
  for (int i = 0; names && i < dslt_dataset_count(set); i++) {
    const dslt_sequence *sequence = dslt_dataset_at(set, i);
    json_array_append_new(names, dslt_json_text(sequence->name));
    if (notes && sequence->note[0]) dslt_json_set(notes, sequence->name, dslt_json_text(sequence->note));
    frames += sequence->frames;
  }
  return json_pack("{s:o, s:o, s:o, s:i, s:I, s:o, s:o, s:o}", "kind", dslt_json_text(kind->name), "title",
                   dslt_json_text(kind->title), "root", dslt_json_text(request->root), "sequences",
                   dslt_dataset_count(set), "frames", frames, "names", names, "notes", notes, "note",
                   dslt_json_text(dslt_dataset_note(set)));
}

static json_t *describe_tracker(const dslt_run_request *request, const dslt_backend_words *backend) {
  json_t *options = json_object();
  dslt_option_info info;
  for (int i = 0; options && dslt_options_describe(&info, request->tracker, i) == DSLT_OK; i++) {
    char value[64];
    if (dslt_options_get(value, sizeof value, request->tracker, info.key) == DSLT_OK)
      json_object_set_new(options, info.key, json_string(value));
  }
  return json_pack("{s:s, s:s, s:o}", "preset", dslt_options_preset(request->tracker), "backend",
                   backend->name, "options", options);
}

static json_t *describe_weights(const dslt_weights *weights) {
  char sha256[65], arch[DSLT_ARCH_MAX];
  dslt_weights_arch(arch, sizeof arch, weights);
  const void *data = weights->map;
  size_t size = weights->map_bytes;
  int hashed = dslt_sha256(sha256, data, size) == DSLT_OK;
  return json_pack("{s:o, s:o, s:I, s:s, s:o, s:o}", "path", dslt_json_text(weights->path), "sha256",
                   hashed ? json_string(sha256) : json_null(), "bytes", (json_int_t)size, "arch", arch,
                   "source", dslt_json_text(weights->source), "license", dslt_json_text(weights->license));
}

static json_t *describe_machine(const dslt_backend_words *backend) {
  json_t *machine = dslt_machine_describe();
  if (!machine) return NULL;
  json_object_set_new(machine, "device", dslt_json_text(backend->device));
  json_object_set_new(machine, "library", dslt_json_text(backend->library));
  return machine;
}

int dslt_manifest_make(json_t **out, const dslt_run_request *request, const dslt_dataset *set,
                       const dslt_weights *weights, const dslt_backend_words *backend) {
  char created[32] = "";
  time_t now = time(NULL);
  struct tm utc;
  if (gmtime_r(&now, &utc)) strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &utc);
  json_t *manifest =
      json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:s, s:i, s:I, s:o, s:o, s:o}", "format", FORMAT, "program",
                "dslt", "version", dslt_version(), "created", created, "command", describe_command(request),
                "dataset", describe_dataset(request, set), "protocol",
                dslt_run_protocol_name(request->protocol), "repeat", request->repeat, "frames_limit",
                (json_int_t)request->frames, "tracker", describe_tracker(request, backend), "weights",
                describe_weights(weights), "machine", describe_machine(backend));
  if (!manifest) return no_memory();
  *out = manifest;
  return DSLT_OK;
}

/* ---- comparing ----------------------------------------------------------------------------------- */

/* A member as text: strings without quotation marks. */
static void words_of(char *out, size_t size, const json_t *value) {
  if (json_is_string(value)) {
    snprintf(out, size, "%s", json_string_value(value));
    return;
  }
  char *text = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
  snprintf(out, size, "%s", text ? text : "nothing");
  free(text);
}

static int compare_values(const char *path, const char *what, const json_t *older, const json_t *newer) {
  if (older && newer && json_equal(older, newer)) return DSLT_OK;
  char before[128], now[128];
  words_of(before, sizeof before, older);
  words_of(now, sizeof now, newer);
  return dslt_fail(
      DSLT_EOPTION,
      "%s was made with %s %s, this run has %s: use the same options to go on with it, or another --out.",
      path, what, before, now);
}

/* VOT's supervised and unsupervised runs of the same options belong together: scoring uses both. */
static int goes_with(const char *key, const json_t *older, const json_t *newer) {
  const char *a = json_string_value(older), *b = json_string_value(newer);
  return strcmp(key, "protocol") == 0 && a && b && strncmp(a, "vot", 3) == 0 && strncmp(b, "vot", 3) == 0;
}

int dslt_manifest_compare(const json_t *older, const json_t *newer, const char *path) {
  static const struct {
    const char *group, *key, *what;
  } members[] = {{NULL, "format", "the manifest format"},
                 {NULL, "version", "dslt version"},
                 {"dataset", "kind", "--dataset"},
                 {NULL, "protocol", "--protocol"},
                 {NULL, "repeat", "--repeat"},
                 {NULL, "frames_limit", "--frames"},
                 {"weights", "arch", "weights of"},
                 {"weights", "bytes", "weights of bytes:"},
                 {"weights", "sha256", "weights of SHA-256"},
                 {"tracker", "preset", "--preset"},
                 {"tracker", "backend", "--backend"}};
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    const char *group = members[i].group, *key = members[i].key;
    const json_t *a = group ? json_object_get(older, group) : older;
    const json_t *b = group ? json_object_get(newer, group) : newer;
    if (goes_with(key, json_object_get(a, key), json_object_get(b, key))) continue;
    DSLT_TRY(compare_values(path, members[i].what, json_object_get(a, key), json_object_get(b, key)));
  }
  json_t *now = json_object_get(json_object_get(newer, "tracker"), "options"), *value;
  const json_t *before = json_object_get(json_object_get(older, "tracker"), "options");
  const char *key;
  json_object_foreach(now, key, value) {
    DSLT_TRY(compare_values(path, key, json_object_get(before, key), value));
  }
  return DSLT_OK;
}

static int compare_with_file(const json_t *manifest, const char *path) {
  json_error_t error;
  json_t *older = json_load_file(path, 0, &error);
  if (!older)
    return dslt_fail(DSLT_EFORMAT, "%s cannot be read (%s); give another --out, or remove the folder.", path,
                     error.text);
  int rc = dslt_manifest_compare(older, manifest, path);
  json_decref(older);
  return rc;
}

/* Write the manifest unless there is one already. */
static int publish(const json_t *manifest, const dslt_draft *draft) {
  char *temp = NULL, *text = json_dumps(manifest, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  int rc = text ? dslt_draft_path(&temp, draft, file_name) : no_memory();
  if (rc < 0 || (rc = dslt_atomic_write(temp, text, strlen(text))) < 0) goto done;
  rc = dslt_draft_publish_new(draft, file_name, file_name);
done:
  free(text);
  free(temp);
  return rc;
}

int dslt_manifest_settle(const json_t *manifest, const dslt_draft *draft) {
  char *path = NULL;
  DSLT_TRY(dslt_results_path(&path, draft->results, file_name));
  int rc = access(path, F_OK) == 0 ? 0 : publish(manifest, draft);
  if (rc == 0) rc = compare_with_file(manifest, path); /* there was one, or another shard wrote it first */
  free(path);
  return rc < 0 ? rc : DSLT_OK;
}
