/* SPDX-License-Identifier: Apache-2.0 */
/* options_archive.c: options as entries of an archive, and whether those of a saved tracker suit the ones it is to go on with. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tracker/options.h"
#include "tracker/type.h"

enum { NAME_BYTES = 64, VALUE_BYTES = 64, OPTIONS_MAX = 256 };

static int no_tracker(const char *name) {
  return dslt_fail(DSLT_EOPTION, "The saved state is of tracker \"%s\", which this library does not have.",
                   name);
}

static const dslt_tracker_type *type_of(const char *name, const dslt_tracker_type *known) {
  const dslt_tracker_type *type;
  if (known && strcmp(known->name, name) == 0) return known;
  for (int i = 0; (type = dslt_tracker_type_at(i)); ++i)
    if (strcmp(type->name, name) == 0) return type;
  return NULL;
}

static int archive_names(dslt_options **options, dslt_archive *a, const dslt_tracker_type *known) {
  char tracker[NAME_BYTES] = "", preset[NAME_BYTES] = "";
  if (!a->reading) {
    snprintf(tracker, sizeof tracker, "%s", dslt_options_tracker(*options));
    snprintf(preset, sizeof preset, "%s", dslt_options_preset(*options));
  }
  DSLT_TRY(dslt_archive_text(a, "tracker", tracker, sizeof tracker));
  DSLT_TRY(dslt_archive_text(a, "preset", preset, sizeof preset));
  if (!a->reading) return DSLT_OK;
  const dslt_tracker_type *type = type_of(tracker, known);
  return type ? dslt_options_create_of(options, type, preset) : no_tracker(tracker);
}

typedef struct saved_count {
  int options;
} saved_count;

static int count_of(const dslt_options *options) {
  dslt_option_info info;
  int count = 0;
  while (dslt_options_describe(&info, options, count) == DSLT_OK) ++count;
  return count;
}

static int archive_value(dslt_options *options, dslt_archive *a, int index) {
  char key[NAME_BYTES] = "", value[VALUE_BYTES] = "";
  dslt_option_info info;
  if (!a->reading) {
    DSLT_TRY(dslt_options_describe(&info, options, index));
    snprintf(key, sizeof key, "%s", info.key);
    DSLT_TRY(dslt_options_get(value, sizeof value, options, key));
  }
  DSLT_TRY(dslt_archive_text(a, "key", key, sizeof key));
  DSLT_TRY(dslt_archive_text(a, "value", value, sizeof value));
  if (!a->reading) return DSLT_OK;
  const int rc = dslt_options_set(options, key, value);
  return rc < 0 ? dslt_fail_prefix(rc, "The saved state") : DSLT_OK;
}

int dslt_options_archive(dslt_options **options, dslt_archive *a, const dslt_tracker_type *known) {
  static const dslt_field fields[] = {DSLT_FIELD(INT, saved_count, options, 0, OPTIONS_MAX)};
  DSLT_TRY(archive_names(options, a, known));
  saved_count count = {a->reading ? 0 : count_of(*options)};
  DSLT_TRY(dslt_archive_fields(a, "count", &count, fields, 1));
  for (int i = 0; i < count.options; ++i) DSLT_TRY(archive_value(*options, a, i));
  return DSLT_OK;
}

/* Does the option say how to compute, not what? */
static int is_means(const char *key) {
  static const char *const keys[] = {"backend", "precision", "threads", "deterministic"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i)
    if (strcmp(keys[i], key) == 0) return 1;
  return 0;
}

int dslt_options_agree(const dslt_options *saved, const dslt_options *options) {
  if (saved->type != options->type)
    return dslt_fail(DSLT_EOPTION, "The saved state is of tracker %s and the options are of tracker %s.",
                     saved->type->name, options->type->name);
  const int count = count_of(saved);
  for (int i = 0; i < count; ++i) {
    dslt_option_info info;
    char then[VALUE_BYTES], now[VALUE_BYTES];
    DSLT_TRY(dslt_options_describe(&info, saved, i));
    DSLT_TRY(dslt_options_get(then, sizeof then, saved, info.key));
    DSLT_TRY(dslt_options_get(now, sizeof now, options, info.key));
    if (strcmp(then, now) == 0 || is_means(info.key)) continue;
    return dslt_fail(
        DSLT_EOPTION,
        "The tracker was saved with option %s=%s, which cannot be %s now; only backend, precision, threads "
        "and deterministic may change.",
        info.key, then, now);
  }
  return DSLT_OK;
}
