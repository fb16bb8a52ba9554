/* SPDX-License-Identifier: Apache-2.0 */
/* dataset.c: the set as an object: opening, finding, selecting, freeing. */
#include "dataset/dataset.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/nearest.h"
#include "dataset/dataset_internal.h"

static int no_memory(void) { return dslt_fail(DSLT_EMEMORY, "Out of memory while reading a dataset."); }

/* ---- sequences ----------------------------------------------------------------------------------- */

static void drop(const void *owned) { free((void *)owned); }

static void entry_free(dslt_entry *entry) {
  if (!entry) return;
  const dslt_sequence *seen = &entry->seen;
  for (int i = 0; entry->files && i < seen->frames; i++) free(entry->files[i]);
  free(entry->files);
  free(entry->twins);
  for (int i = 0; i < seen->label_count; i++) {
    drop(seen->labels[i].name);
    drop(seen->labels[i].values);
  }
  drop(seen->labels);
  drop(seen->truth);
  drop(seen->polygons);
  drop(seen->name);
  drop(seen->folder);
  drop(seen->truth_file);
  drop(seen->note);
  free(entry);
}

int dslt_entry_text(const char **member, const char *text) {
  char *copy = strdup(text);
  if (!copy) return no_memory();
  drop(*member);
  *member = copy;
  return DSLT_OK;
}

static int append_sentence(const char **note, const char *format, va_list arguments) {
  char *sentence = NULL, *whole = NULL;
  if (vasprintf(&sentence, format, arguments) < 0) return no_memory();
  const int length = asprintf(&whole, "%s%s%s", *note, (*note)[0] ? " " : "", sentence);
  free(sentence);
  if (length < 0) return no_memory();
  drop(*note);
  *note = whole;
  return DSLT_OK;
}

int dslt_entry_note(dslt_entry *entry, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int rc = append_sentence(&entry->seen.note, format, arguments);
  va_end(arguments);
  return rc;
}

int dslt_set_note(dslt_dataset *set, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const char *note = set->note;
  const int rc = append_sentence(&note, format, arguments);
  set->note = (char *)note;
  va_end(arguments);
  return rc;
}

int dslt_set_add(dslt_entry **out, dslt_dataset *set, const char *name) {
  if (set->total == set->room) {
    const int larger = set->room ? 2 * set->room : 128;
    dslt_entry **entries = realloc(set->entries, (size_t)larger * sizeof *entries);
    if (!entries) return no_memory();
    set->entries = entries;
    set->room = larger;
  }
  dslt_entry *entry = calloc(1, sizeof *entry);
  if (!entry) return no_memory();
  entry->seen.state = DSLT_SEQUENCE_ABSENT;
  entry->seen.first_number = -1;
  if (dslt_entry_text(&entry->seen.name, name) < 0 || dslt_entry_text(&entry->seen.folder, "") < 0 ||
      dslt_entry_text(&entry->seen.truth_file, "") < 0 || dslt_entry_text(&entry->seen.note, "") < 0) {
    entry_free(entry);
    return no_memory();
  }
  set->entries[set->total++] = entry;
  set->count = set->total;
  *out = entry;
  return DSLT_OK;
}

int dslt_set_path(char out[DSLT_PATH], const dslt_dataset *set, const char *folder, const char *name) {
  char place[DSLT_PATH];
  DSLT_TRY(dslt_path_join(place, set->root, folder));
  return dslt_path_join(out, place, name);
}

/* ---- opening ------------------------------------------------------------------------------------- */

static int set_new(dslt_dataset **out, const dslt_kind_row *row, const char *root) {
  dslt_dataset *set = calloc(1, sizeof *set);
  if (!set) return no_memory();
  size_t length = strlen(root);
  while (length > 1 && root[length - 1] == '/') length--;
  set->row = row;
  set->root = strndup(root, length);
  set->note = strdup("");
  if (!set->root || !set->note) {
    dslt_dataset_free(set);
    return no_memory();
  }
  *out = set;
  return DSLT_OK;
}

int dslt_dataset_open_plainly(dslt_dataset **out, const dslt_kind_row *row, const char *root) {
  dslt_dataset *set = NULL;
  DSLT_TRY(set_new(&set, row, root));
  const int rc = row->kind.layout->read(set);
  if (rc < 0) {
    dslt_dataset_free(set);
    return rc;
  }
  *out = set;
  return DSLT_OK;
}

int dslt_dataset_open_kind(dslt_dataset **out, const dslt_kind_row *row, const char *root) {
  if (!out || !root || !root[0]) return dslt_fail(DSLT_EARGUMENT, "The folder of the dataset is missing.");
  if (!dslt_is_folder(root))
    return dslt_fail(DSLT_EIO, "%s is %s: give the folder that holds the dataset.", root,
                     dslt_is_file(root) ? "a file" : "not there");
  dslt_dataset *set = NULL;
  DSLT_TRY(dslt_dataset_open_plainly(&set, row, root));
  for (int i = 0; i < set->count; i++) {
    if (set->entries[i]->seen.state == DSLT_SEQUENCE_ABSENT) continue;
    *out = set;
    return DSLT_OK;
  }
  const int rc = dslt_root_fail(set);
  dslt_dataset_free(set);
  return rc;
}

int dslt_dataset_open(dslt_dataset **out, const char *kind, const char *root) {
  const dslt_dataset_kind *found = NULL;
  DSLT_TRY(dslt_dataset_kind_find(&found, kind));
  return dslt_dataset_open_kind(out, dslt_kind_row_of(found), root);
}

void dslt_dataset_free(dslt_dataset *set) {
  if (!set) return;
  for (int i = 0; i < set->total; i++) entry_free(set->entries[i]);
  free(set->entries);
  free(set->root);
  free(set->note);
  free(set);
}

/* ---- looking ------------------------------------------------------------------------------------- */

const dslt_dataset_kind *dslt_dataset_kind_of(const dslt_dataset *set) { return &set->row->kind; }
const char *dslt_dataset_root(const dslt_dataset *set) { return set->root; }
const char *dslt_dataset_note(const dslt_dataset *set) { return set->note; }
int dslt_dataset_count(const dslt_dataset *set) { return set->count; }

int dslt_dataset_count_ready(const dslt_dataset *set) {
  int ready = 0;
  for (int i = 0; i < set->count; i++) ready += set->entries[i]->seen.state == DSLT_SEQUENCE_READY;
  return ready;
}

const dslt_sequence *dslt_dataset_at(const dslt_dataset *set, int index) {
  return index >= 0 && index < set->count ? &set->entries[index]->seen : NULL;
}

static int find_span(const dslt_dataset *set, const char *name, size_t length) {
  int best = -1, best_fit = DSLT_FIT_NONE, ties = 0;
  for (int i = 0; i < set->count; i++) {
    const char *candidate = set->entries[i]->seen.name;
    const int fit = dslt_name_fit(candidate, strlen(candidate), name, length);
    if (fit > best_fit)
      best = i, best_fit = fit, ties = 0;
    else if (fit && fit == best_fit)
      ties++;
  }
  return best_fit < DSLT_FIT_EXACT && ties ? -1 : best; /* car1_1 and car11 are one when separators go */
}

static int find_name(const dslt_dataset *set, const char *name, size_t length) {
  const char *prefix = set->row->kind.layout->result_prefix;
  const size_t skip = prefix ? strlen(prefix) : 0;
  const int index = find_span(set, name, length);
  if (index >= 0 || skip == 0 || length <= skip || strncasecmp(name, prefix, skip) != 0) return index;
  return find_span(set, name + skip, length - skip);
}

int dslt_dataset_find(const dslt_dataset *set, const char *name) {
  return find_name(set, name, strlen(name));
}

/* ---- selecting ----------------------------------------------------------------------------------- */

/* Move the entries with `keep` set to the front, in order. */
static void keep_only(dslt_dataset *set, const unsigned char *keep, dslt_entry **scratch) {
  int kept = 0, left = 0;
  for (int i = 0; i < set->count; i++) {
    if (keep[i])
      set->entries[kept++] = set->entries[i];
    else
      scratch[left++] = set->entries[i];
  }
  if (left) memcpy(set->entries + kept, scratch, (size_t)left * sizeof *scratch);
  set->count = kept;
}

/* "clip1, clip2 and 7 more" */
static void list_sequences(char *out, size_t size, const dslt_dataset *set) {
  enum { SHOWN = 12 };
  size_t used = 0;
  out[0] = '\0';
  for (int i = 0; i < set->count; i++) {
    const char *name = set->entries[i]->seen.name;
    if (i == SHOWN || used + strlen(name) + 32 > size) {
      snprintf(out + used, size - used, " and %d more", set->count - i);
      return;
    }
    used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", name);
  }
}

static int unknown_sequence(const dslt_dataset *set, const char *name, int length) {
  const char **names = malloc((size_t)(set->count ? set->count : 1) * sizeof *names);
  char *copy = strndup(name, (size_t)length), list[600];
  int nearest = -1;
  if (names && copy) {
    for (int i = 0; i < set->count; i++) names[i] = set->entries[i]->seen.name;
    nearest = dslt_nearest(copy, names, set->count);
  }
  const char *likely = nearest >= 0 ? names[nearest] : NULL, *title = set->row->kind.title;
  free(names);
  free(copy);
  if (likely)
    return dslt_fail(DSLT_EOPTION, "%s has no sequence \"%.*s\": did you mean \"%s\"?", title, length, name,
                     likely);
  if (set->row->facts)
    return dslt_fail(DSLT_EOPTION,
                     "%s has no sequence \"%.*s\": \"dslt dataset list %s\" shows what is published.", title,
                     length, name, set->row->kind.name);
  list_sequences(list, sizeof list, set);
  return dslt_fail(DSLT_EOPTION, "%s has no sequence \"%.*s\": there are %s.", set->root, length, name, list);
}

static int mark_names(unsigned char *keep, const dslt_dataset *set, const char *names) {
  int any = 0;
  for (const char *at = names; *at;) {
    at += strspn(at, " \t,");
    size_t length = strcspn(at, ",");
    const char *next = at + length;
    while (length && (at[length - 1] == ' ' || at[length - 1] == '\t')) length--;
    if (length) {
      const int index = find_name(set, at, length);
      if (index < 0) return unknown_sequence(set, at, length > 80 ? 80 : (int)length);
      keep[index] = 1;
      any = 1;
    }
    at = next;
  }
  return any;
}

int dslt_dataset_select(dslt_dataset *set, const char *names) {
  if (!names || !names[0] || set->count == 0) return DSLT_OK;
  unsigned char *keep = calloc((size_t)set->count, 1);
  dslt_entry **scratch = calloc((size_t)set->count, sizeof(dslt_entry *));
  int rc = keep && scratch ? mark_names(keep, set, names) : no_memory();
  if (rc > 0) keep_only(set, keep, scratch);
  free(keep);
  free(scratch);
  return rc < 0 ? rc : DSLT_OK;
}

int dslt_dataset_drop_unready(dslt_dataset *set) {
  int dropped = 0;
  for (int i = 0; i < set->count;) { /* few are dropped as a rule, so each is moved to the end by itself */
    dslt_entry *entry = set->entries[i];
    if (entry->seen.state == DSLT_SEQUENCE_READY) {
      i++;
      continue;
    }
    memmove(set->entries + i, set->entries + i + 1, (size_t)(set->count - i - 1) * sizeof entry);
    set->entries[--set->count] = entry;
    dropped++;
  }
  return dropped;
}
