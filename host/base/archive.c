/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: head, checksum and entries of an archive. */
#include "base/archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"

/* The head. */
static const char magic[8] = "DSLTSAVE";
enum { AT_ORDER = 8, AT_FORMAT = 12, AT_SIZE = 16, AT_CHECKSUM = 24 };
static const uint32_t byte_order = 0x01020304;

enum { UNIT = 8, ENTRY_HEAD = 16, AT_ENTRY_BYTES = 8, FIELDS_MAX = 32 };

static size_t filled_up(size_t bytes) { return (bytes + UNIT - 1) / UNIT * UNIT; }

static uint32_t get32(const unsigned char *from) {
  uint32_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

static uint64_t get64(const unsigned char *from) {
  uint64_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

/* Of all bytes but the checksum itself. */
static uint64_t checksum_of(const unsigned char *bytes, size_t size) {
  return dslt_hash(dslt_hash(0, bytes, AT_CHECKSUM), bytes + DSLT_ARCHIVE_HEAD, size - DSLT_ARCHIVE_HEAD);
}

int dslt_archive_damaged(const char *what) {
  return dslt_fail(DSLT_EFORMAT, "The saved state is damaged: %s.", what);
}

/* ---- whole archives ------------------------------------------------------------------------------ */

int dslt_archive_begin(dslt_archive *out) {
  *out = (dslt_archive){.size = DSLT_ARCHIVE_HEAD, .room = 4096};
  out->bytes = calloc(1, out->room);
  return out->bytes ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for a saved state.");
}

void dslt_archive_seal(void *data, size_t size) {
  unsigned char *bytes = data;
  const uint32_t format = DSLT_ARCHIVE_FORMAT;
  const uint64_t total = size;
  memcpy(bytes, magic, sizeof magic);
  memcpy(bytes + AT_ORDER, &byte_order, sizeof byte_order);
  memcpy(bytes + AT_FORMAT, &format, sizeof format);
  memcpy(bytes + AT_SIZE, &total, sizeof total);
  const uint64_t checksum = checksum_of(bytes, size);
  memcpy(bytes + AT_CHECKSUM, &checksum, sizeof checksum);
}

void dslt_archive_finish(void **out, size_t *size, dslt_archive *a) {
  dslt_archive_seal(a->bytes, a->size);
  *out = a->bytes;
  *size = a->size;
  *a = (dslt_archive){0};
}

static int check_head(const unsigned char *bytes, size_t size) {
  if (size < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0)
    return dslt_fail(DSLT_EFORMAT,
                     "These %zu bytes are no saved state of a tracker; dslt_tracker_save() makes one.", size);
  if (size < DSLT_ARCHIVE_HEAD)
    return dslt_fail(DSLT_EFORMAT, "The saved state was cut short: only %zu bytes of it are left.", size);
  if (get32(bytes + AT_ORDER) != byte_order)
    return dslt_fail(
        DSLT_EFORMAT,
        "The saved state was written on a machine of another byte order; load it on such a one.");
  if (get32(bytes + AT_FORMAT) != DSLT_ARCHIVE_FORMAT)
    return dslt_fail(DSLT_EFORMAT,
                     "The saved state has format %u and this library reads format %d; load it with the "
                     "library's version that saved it, or begin again with the first frame.",
                     (unsigned)get32(bytes + AT_FORMAT), (int)DSLT_ARCHIVE_FORMAT);
  if (get64(bytes + AT_SIZE) != size)
    return dslt_fail(DSLT_EFORMAT,
                     "The saved state had %llu bytes and these are %zu: it was cut short or joined.",
                     (unsigned long long)get64(bytes + AT_SIZE), size);
  if (get64(bytes + AT_CHECKSUM) != checksum_of(bytes, size))
    return dslt_fail(DSLT_EFORMAT,
                     "The saved state was altered: its checksum does not fit; use an intact copy.");
  return DSLT_OK;
}

int dslt_archive_open(dslt_archive *out, const void *data, size_t size) {
  DSLT_TRY(check_head(data, size));
  unsigned char *copy = malloc(size);
  if (!copy) return dslt_fail(DSLT_EMEMORY, "Out of memory for a saved state of %zu bytes.", size);
  memcpy(copy, data, size);
  *out = (dslt_archive){.bytes = copy, .size = size, .room = size, .at = DSLT_ARCHIVE_HEAD, .reading = 1};
  return DSLT_OK;
}

int dslt_archive_end(const dslt_archive *a) {
  return a->at == a->size ? DSLT_OK : dslt_archive_damaged("it holds more than this tracker has");
}

void dslt_archive_close(dslt_archive *a) {
  free(a->bytes);
  *a = (dslt_archive){0};
}

/* ---- entries ------------------------------------------------------------------------------------- */

static int make_room(dslt_archive *a, size_t more) {
  if (more > SIZE_MAX / 4 || a->size > SIZE_MAX / 4)
    return dslt_fail(DSLT_EMEMORY, "Out of memory for a saved state.");
  if (a->room - a->size >= more) return DSLT_OK;
  const size_t room = 2 * (a->size + more);
  unsigned char *bytes = realloc(a->bytes, room);
  if (!bytes) return dslt_fail(DSLT_EMEMORY, "Out of memory for a saved state of %zu bytes.", a->size + more);
  a->bytes = bytes;
  a->room = room;
  return DSLT_OK;
}

static int write_entry(void **out, dslt_archive *a, const char *name, size_t bytes) {
  const uint32_t length = (uint32_t)strlen(name);
  const uint64_t size = bytes;
  const size_t before = ENTRY_HEAD + filled_up(length);
  if (bytes > SIZE_MAX / 8) return dslt_fail(DSLT_EMEMORY, "Out of memory for a saved state.");
  DSLT_TRY(make_room(a, before + filled_up(bytes)));
  unsigned char *entry = a->bytes + a->size;
  memset(entry, 0, before + filled_up(bytes));
  memcpy(entry, &length, sizeof length);
  memcpy(entry + AT_ENTRY_BYTES, &size, sizeof size);
  memcpy(entry + ENTRY_HEAD, name, length);
  a->size += before + filled_up(bytes);
  *out = entry + before;
  return DSLT_OK;
}

/* The next entry: its name (not terminated), and its data. */
typedef struct entry {
  const unsigned char *name;
  size_t length, bytes;
  unsigned char *data;
  size_t next; /* where the one behind it begins */
} entry;

static int peek(entry *out, const dslt_archive *a) {
  const size_t left = a->size - a->at;
  unsigned char *at = a->bytes + a->at;
  if (left < ENTRY_HEAD) return dslt_archive_damaged("it ends before everything was read");
  const size_t length = get32(at);
  const uint64_t bytes = get64(at + AT_ENTRY_BYTES);
  if (length >= DSLT_ARCHIVE_NAME_MAX || ENTRY_HEAD + filled_up(length) > left)
    return dslt_archive_damaged("an entry's name is too long");
  const size_t before = ENTRY_HEAD + filled_up(length);
  if (bytes > left - before || filled_up((size_t)bytes) > left - before)
    return dslt_archive_damaged("an entry is longer than all of it");
  *out =
      (entry){at + ENTRY_HEAD, length, (size_t)bytes, at + before, a->at + before + filled_up((size_t)bytes)};
  return DSLT_OK;
}

static int read_name(entry *out, const dslt_archive *a, const char *name) {
  DSLT_TRY(peek(out, a));
  if (out->length == strlen(name) && memcmp(out->name, name, out->length) == 0) return DSLT_OK;
  return dslt_fail(DSLT_EFORMAT, "The saved state is damaged: it lacks %s.", name);
}

int dslt_archive_place(void **out, dslt_archive *a, const char *name, size_t bytes) {
  entry e;
  if (!a->reading) return write_entry(out, a, name, bytes);
  DSLT_TRY(read_name(&e, a, name));
  if (e.bytes != bytes)
    return dslt_fail(DSLT_EFORMAT, "The saved state is damaged: %s has %zu bytes where %zu are needed.", name,
                     e.bytes, bytes);
  *out = e.data;
  a->at = e.next;
  return DSLT_OK;
}

int dslt_archive_bytes(dslt_archive *a, const char *name, void *memory, size_t bytes) {
  void *place = NULL;
  DSLT_TRY(dslt_archive_place(&place, a, name, bytes));
  if (bytes) memcpy(a->reading ? memory : place, a->reading ? place : memory, bytes);
  return DSLT_OK;
}

int dslt_archive_text(dslt_archive *a, const char *name, char *text, size_t room) {
  entry e;
  if (!a->reading) return dslt_archive_bytes(a, name, text, strlen(text) + 1);
  DSLT_TRY(read_name(&e, a, name));
  if (e.bytes < 1 || e.bytes > room || memchr(e.data, '\0', e.bytes) != e.data + e.bytes - 1)
    return dslt_fail(DSLT_EFORMAT, "The saved state is damaged: %s is no text of at most %zu bytes.", name,
                     room - 1);
  memcpy(text, e.data, e.bytes);
  a->at = e.next;
  return DSLT_OK;
}

/* ---- members ------------------------------------------------------------------------------------- */

static double read_member(const void *object, const dslt_field *f) {
  const unsigned char *at = (const unsigned char *)object + f->offset;
  double real;
  float number;
  int32_t whole;
  if (f->kind == DSLT_FIELD_INT) {
    memcpy(&whole, at, sizeof whole);
    return whole;
  }
  if (f->kind == DSLT_FIELD_REAL) {
    memcpy(&real, at, sizeof real);
    return real;
  }
  memcpy(&number, at, sizeof number);
  return (double)number;
}

/* `value` is in the member's range. */
static void write_member(void *object, const dslt_field *f, double value) {
  unsigned char *at = (unsigned char *)object + f->offset;
  const float number = f->kind == DSLT_FIELD_INT ? 0.0f : (float)value;
  const int32_t whole = f->kind == DSLT_FIELD_INT ? (int32_t)value : 0;
  if (f->kind == DSLT_FIELD_INT)
    memcpy(at, &whole, sizeof whole);
  else if (f->kind == DSLT_FIELD_REAL)
    memcpy(at, &value, sizeof value);
  else
    memcpy(at, &number, sizeof number);
}

static int in_range(double value, const dslt_field *f) {
  if (f->low > f->high) return 1;
  return value >= f->low && value <= f->high &&
         (f->kind != DSLT_FIELD_INT || value == (double)(int32_t)value);
}

int dslt_archive_fields(dslt_archive *a, const char *name, void *object, const dslt_field *fields,
                        int count) {
  double values[FIELDS_MAX] = {0};
  if (count > FIELDS_MAX) return dslt_fail(DSLT_EINTERNAL, "%s has too many members to be saved.", name);
  for (int i = 0; i < count && !a->reading; ++i) values[i] = read_member(object, &fields[i]);
  DSLT_TRY(dslt_archive_bytes(a, name, values, (size_t)count * sizeof *values));
  for (int i = 0; i < count && a->reading; ++i) {
    if (!in_range(values[i], &fields[i]))
      return dslt_fail(DSLT_EFORMAT, "The saved state is damaged: %s.%s cannot be %g.", name, fields[i].name,
                       values[i]);
    write_member(object, &fields[i], values[i]);
  }
  return DSLT_OK;
}
