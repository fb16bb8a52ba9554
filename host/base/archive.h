/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h: objects as bytes and back. The same calls write an object and read it: each names an entry and says where its
 * values lie, and a direction that the archive knows copies them. So what is written and what is read cannot differ.
 *
 * Bytes: a head of 32 (magic, byte order, format, size, checksum), then the entries one after another: length of the name
 * (4 bytes), 4 bytes of zeros, size of the data (8 bytes), the name, the data, both filled up to a multiple of 8 with zeros. */
#ifndef DSLT_BASE_ARCHIVE_H
#define DSLT_BASE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  DSLT_ARCHIVE_FORMAT = 3,   /* raised when what the entries mean changes */
  DSLT_ARCHIVE_HEAD = 32,    /* bytes */
  DSLT_ARCHIVE_NAME_MAX = 64 /* bytes of an entry's name, with the zero at the end */
};

typedef struct dslt_archive {
  unsigned char *bytes;
  size_t size, room; /* filled, allocated */
  size_t at;         /* where the next entry is read */
  int reading;
} dslt_archive;

/* Write. dslt_archive_finish() hands the bytes over, to be freed by the caller. */
int dslt_archive_begin(dslt_archive *out);
void dslt_archive_finish(void **out, size_t *size, dslt_archive *a);
/* Read a copy of `data`. DSLT_EFORMAT says why it cannot be read: no archive, another format or byte order, cut short,
 * altered. */
int dslt_archive_open(dslt_archive *out, const void *data, size_t size);
/* DSLT_EFORMAT where something is left to read. */
int dslt_archive_end(const dslt_archive *a);
/* Free it, written or read, also after a failure. */
void dslt_archive_close(dslt_archive *a);

/* For tests that alter an archive: make head and checksum fit the rest. */
void dslt_archive_seal(void *data, size_t size);

/* ---- entries ------------------------------------------------------------------------------------- */

/* The next entry's data, aligned to 8 bytes: to be filled while writing, valid until the next call; to be copied while
 * reading, valid until dslt_archive_close(). Reading, the entry must have this name and size. */
int dslt_archive_place(void **out, dslt_archive *a, const char *name, size_t bytes);
/* Host memory. */
int dslt_archive_bytes(dslt_archive *a, const char *name, void *memory, size_t bytes);
/* A text with its zero, which has room for `room` bytes. */
int dslt_archive_text(dslt_archive *a, const char *name, char *text, size_t room);

/* Members of a struct, so that no padding is written. Reading, every number must lie in its member's range. A real number
 * whose range is DSLT_ANY may be anything, infinite and NaN too. */
typedef enum dslt_field_kind {
  DSLT_FIELD_INT = 0,  /* an int32_t or int */
  DSLT_FIELD_REAL = 1, /* a double */
  DSLT_FIELD_FLOAT = 2 /* a float */
} dslt_field_kind;
typedef struct dslt_field {
  const char *name;
  dslt_field_kind kind;
  size_t offset; /* in the struct, bytes */
  double low, high;
} dslt_field;
#define DSLT_ANY 1, 0
#define DSLT_FIELD(kind, type, member, ...) \
  { #member, DSLT_FIELD_##kind, offsetof(type, member), __VA_ARGS__ }
int dslt_archive_fields(dslt_archive *a, const char *name, void *object, const dslt_field *fields, int count);

/* DSLT_EFORMAT: `what` follows "The saved state is damaged: ". */
int dslt_archive_damaged(const char *what);

#ifdef __cplusplus
}
#endif

#endif
