/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors.c: reads safetensors files: header, tensors and their bounds are checked before anything is
 * used. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "weights.h"

enum {
  PREFIX = 8,             /* bytes of the header's length */
  MAX_HEADER = 100000000, /* the reference implementation's limit */
  MAX_VALUES = 1000000,   /* in the header; bounds what the JSON tree can cost */
  NAME = 80               /* bytes of a tensor's name in an error sentence */
};

struct dslt_safetensors {
  json_t *root;      /* keeps the names and metadata alive */
  json_t *metadata;  /* borrowed from root, or NULL */
  const char *label; /* during parsing: the file's name for error sentences */
  const unsigned char *data;
  uint64_t data_bytes;
  int count;
  struct entry {
    dslt_named_tensor tensor;
    uint64_t begin, end; /* in data */
  } * entries;
};

static const struct {
  const char *word;
  int bits;
  dslt_dtype dtype;
} dtypes[] = {
    {"F32", 32, DSLT_DTYPE_F32},      {"F16", 16, DSLT_DTYPE_F16},      {"BF16", 16, DSLT_DTYPE_BF16},
    {"F64", 64, DSLT_DTYPE_OTHER},    {"I64", 64, DSLT_DTYPE_OTHER},    {"U64", 64, DSLT_DTYPE_OTHER},
    {"C64", 64, DSLT_DTYPE_OTHER},    {"I32", 32, DSLT_DTYPE_OTHER},    {"U32", 32, DSLT_DTYPE_OTHER},
    {"I16", 16, DSLT_DTYPE_OTHER},    {"U16", 16, DSLT_DTYPE_OTHER},    {"I8", 8, DSLT_DTYPE_OTHER},
    {"U8", 8, DSLT_DTYPE_OTHER},      {"BOOL", 8, DSLT_DTYPE_OTHER},    {"F8_E5M2", 8, DSLT_DTYPE_OTHER},
    {"F8_E4M3", 8, DSLT_DTYPE_OTHER}, {"F8_E8M0", 8, DSLT_DTYPE_OTHER}, {"F6_E2M3", 6, DSLT_DTYPE_OTHER},
    {"F6_E3M2", 6, DSLT_DTYPE_OTHER}, {"F4", 4, DSLT_DTYPE_OTHER},
};

char *dslt_printable(char *out, size_t size, const char *text) {
  if (size == 0) return out;
  size_t length = strlen(text);
  const int cut = length >= size;
  if (cut) {
    length = size > 4 ? size - 4 : 0;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
      --length; /* not inside a UTF-8 letter */
  }
  for (size_t i = 0; i < length; ++i) {
    const unsigned char c = (unsigned char)text[i];
    /* C1 controls are 0xc2 0x80 .. 0xc2 0x9f in UTF-8. */
    const int c1 = c >= 0x80 && c < 0xa0 && i > 0 && (unsigned char)text[i - 1] == 0xc2;
    if (c1) out[i - 1] = '?';
    out[i] = c < 0x20 || c == 0x7f || c1 ? '?' : (char)c;
  }
  snprintf(out + length, size - length, "%s", cut ? "..." : "");
  return out;
}

/* Begins an error sentence with "file: tensor". */
static int bad_tensor(const dslt_safetensors *file, const char *name, const char *what) {
  char safe[NAME];
  return dslt_fail(DSLT_EFORMAT, "%s: tensor \"%s\" %s; the file is damaged, get it again from its source.",
                   file->label, dslt_printable(safe, sizeof safe, name), what);
}

static int read_dtype(struct entry *entry, int *bits, const dslt_safetensors *file,
                      const json_t *description) {
  const char *word = json_string_value(json_object_get(description, "dtype"));
  if (!word) return bad_tensor(file, entry->tensor.name, "has no dtype that is a string");
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; ++i) {
    if (strcmp(word, dtypes[i].word) == 0) {
      entry->tensor.dtype = dtypes[i].word;
      entry->tensor.view.dtype = dtypes[i].dtype;
      *bits = dtypes[i].bits;
      return 0;
    }
  }
  char safe[32], text[80];
  snprintf(text, sizeof text, "has the unknown dtype \"%s\"", dslt_printable(safe, sizeof safe, word));
  return bad_tensor(file, entry->tensor.name, text);
}

/* Bytes that the shape needs, into `*bytes`. */
static int read_shape(struct entry *entry, uint64_t *bytes, int bits, const dslt_safetensors *file,
                      const json_t *description) {
  const char *name = entry->tensor.name;
  const json_t *shape = json_object_get(description, "shape");
  if (!json_is_array(shape)) return bad_tensor(file, name, "has no shape that is a list");
  uint64_t elements = 1;
  entry->tensor.view.rank = (int)json_array_size(shape);
  for (size_t i = 0; i < json_array_size(shape); ++i) {
    const json_t *value = json_array_get(shape, i);
    if (!json_is_integer(value))
      return bad_tensor(file, name, "has a shape with something else than whole numbers");
    const json_int_t side = json_integer_value(value);
    if (side < 0) return bad_tensor(file, name, "has a negative number in its shape");
    if (__builtin_mul_overflow(elements, (uint64_t)side, &elements)) {
      return bad_tensor(file, name, "has a shape whose product overflows 64 bits");
    }
    if (i < 4) entry->tensor.view.shape[i] = side;
  }
  uint64_t size;
  if (__builtin_mul_overflow(elements, (uint64_t)bits, &size)) {
    return bad_tensor(file, name, "has a shape whose size overflows 64 bits");
  }
  if (size % 8 != 0) return bad_tensor(file, name, "does not fill whole bytes");
  *bytes = size / 8;
  return 0;
}

static int read_tensor(struct entry *entry, const dslt_safetensors *file, const char *name,
                       const json_t *description) {
  entry->tensor.name = name;
  if (!json_is_object(description)) return bad_tensor(file, name, "is not described by an object");
  int bits = 0;
  uint64_t bytes = 0;
  DSLT_TRY(read_dtype(entry, &bits, file, description));
  DSLT_TRY(read_shape(entry, &bytes, bits, file, description));

  const json_t *offsets = json_object_get(description, "data_offsets");
  const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
  if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last)) {
    return bad_tensor(file, name, "has no data_offsets of two whole numbers");
  }
  const json_int_t begin = json_integer_value(first), end = json_integer_value(last);
  if (begin < 0 || end < begin) return bad_tensor(file, name, "has data_offsets that run backwards");
  if ((uint64_t)end > file->data_bytes) {
    char text[120];
    snprintf(text, sizeof text, "ends at byte %lld of only %llu bytes of data", (long long)end,
             (unsigned long long)file->data_bytes);
    return bad_tensor(file, name, text);
  }
  if ((uint64_t)(end - begin) != bytes) {
    char text[120];
    snprintf(text, sizeof text, "has %lld bytes of data where its shape needs %llu", (long long)(end - begin),
             (unsigned long long)bytes);
    return bad_tensor(file, name, text);
  }
  entry->begin = (uint64_t)begin;
  entry->end = (uint64_t)end;
  entry->tensor.view.data = file->data + begin;
  entry->tensor.view.bytes = (size_t)bytes;
  return 0;
}

static int by_offset(const void *left, const void *right) {
  const struct entry *a = left, *b = right;
  if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
  if (a->end != b->end) return a->end < b->end ? -1 : 1;
  return strcmp(a->tensor.name, b->tensor.name); /* empty tensors at the same offset: a fixed order */
}

/* The tensors must tile the data: no overlap, no hole, nothing left over. */
static int check_tiling(const dslt_safetensors *file) {
  uint64_t at = 0;
  for (int i = 0; i < file->count; ++i) {
    const struct entry *entry = &file->entries[i];
    if (entry->begin < at) return bad_tensor(file, entry->tensor.name, "overlaps another one");
    if (entry->begin > at) return bad_tensor(file, entry->tensor.name, "leaves a hole before it");
    at = entry->end;
  }
  if (at != file->data_bytes) {
    return dslt_fail(DSLT_EFORMAT,
                     "%s: %llu bytes after the last tensor belong to none; the file is damaged, get it again "
                     "from its source.",
                     file->label, (unsigned long long)(file->data_bytes - at));
  }
  return 0;
}

static int read_metadata(dslt_safetensors *file) {
  file->metadata = json_object_get(file->root, "__metadata__");
  if (!file->metadata) return 0;
  if (!json_is_object(file->metadata)) {
    return dslt_fail(DSLT_EFORMAT, "%s: __metadata__ is not an object; write the file again.", file->label);
  }
  const char *key;
  json_t *value;
  json_object_foreach(file->metadata, key, value) {
    char safe[NAME];
    if (!json_is_string(value)) {
      return dslt_fail(DSLT_EFORMAT, "%s: metadata \"%s\" is not a string; write the file again.",
                       file->label, dslt_printable(safe, sizeof safe, key));
    }
  }
  return 0;
}

/* The header's JSON, which starts at `text`. */
static int read_json(dslt_safetensors *file, const char *text, size_t length) {
  if (text[0] != '{') {
    return dslt_fail(DSLT_EFORMAT, "%s: its header does not begin with '{', so it is not a safetensors file.",
                     file->label);
  }
  size_t values = 0;
  for (size_t i = 0; i < length; ++i) values += text[i] == ',' || text[i] == '[' || text[i] == '{';
  if (values > MAX_VALUES) {
    return dslt_fail(DSLT_EFORMAT, "%s: its header holds more than %d values; that is no file of weights.",
                     file->label, MAX_VALUES);
  }
  json_error_t error;
  file->root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
  if (!file->root) {
    char safe[sizeof error.text];
    const int code = json_error_code(&error) == json_error_out_of_memory ? DSLT_EMEMORY : DSLT_EFORMAT;
    return dslt_fail(code,
                     "%s: its header is not valid JSON at byte %d (%s); get the file again from its source.",
                     file->label, PREFIX + error.position, dslt_printable(safe, sizeof safe, error.text));
  }
  return 0;
}

static int read_header(dslt_safetensors *file, const unsigned char *bytes, size_t size) {
  if (size < PREFIX) {
    return dslt_fail(DSLT_EFORMAT,
                     "%s: its %zu bytes are too few for a safetensors file; get it again from its source.",
                     file->label, size);
  }
  uint64_t length = 0;
  for (int i = PREFIX - 1; i >= 0; --i) length = length << 8 | bytes[i];
  if (length > MAX_HEADER) {
    return dslt_fail(DSLT_EFORMAT,
                     "%s: it claims a header of %llu bytes, above the format's limit of %d; it is not a "
                     "safetensors file.",
                     file->label, (unsigned long long)length, MAX_HEADER);
  }
  if (length > size - PREFIX || length < 2) {
    return dslt_fail(DSLT_EFORMAT,
                     "%s: it claims a header of %llu bytes in a file of %zu; it is cut short or not a "
                     "safetensors file.",
                     file->label, (unsigned long long)length, size);
  }
  file->data = bytes + PREFIX + length;
  file->data_bytes = size - PREFIX - length;
  DSLT_TRY(read_json(file, (const char *)bytes + PREFIX, (size_t)length));
  DSLT_TRY(read_metadata(file));

  const size_t tensors = json_object_size(file->root) - (file->metadata != NULL);
  file->entries = calloc(tensors + 1, sizeof *file->entries);
  if (!file->entries)
    return dslt_fail(DSLT_EMEMORY, "%s: no memory for a list of %zu tensors.", file->label, tensors);
  const char *name;
  json_t *description;
  json_object_foreach(file->root, name, description) {
    if (description == file->metadata) continue;
    DSLT_TRY(read_tensor(&file->entries[file->count], file, name, description));
    ++file->count;
  }
  qsort(file->entries, (size_t)file->count, sizeof *file->entries, by_offset);
  return check_tiling(file);
}

int dslt_safetensors_parse(dslt_safetensors **out, const void *data, size_t size, const char *name) {
  dslt_safetensors *file = calloc(1, sizeof *file);
  if (!file) return dslt_fail(DSLT_EMEMORY, "%s: no memory to read it.", name);
  file->label = name;
  const int rc = read_header(file, data, size);
  file->label = NULL;
  if (rc < 0) {
    dslt_safetensors_free(file);
    return rc;
  }
  *out = file;
  return 0;
}

int dslt_safetensors_count(const dslt_safetensors *file) { return file->count; }

const dslt_named_tensor *dslt_safetensors_at(const dslt_safetensors *file, int index) {
  return index >= 0 && index < file->count ? &file->entries[index].tensor : NULL;
}

const dslt_named_tensor *dslt_safetensors_find(const dslt_safetensors *file, const char *name) {
  for (int i = 0; i < file->count; ++i) {
    if (strcmp(file->entries[i].tensor.name, name) == 0) return &file->entries[i].tensor;
  }
  return NULL;
}

const char *dslt_safetensors_metadata(const dslt_safetensors *file, const char *key) {
  return json_string_value(json_object_get(file->metadata, key));
}

int dslt_safetensors_metadata_at(const char **key, const char **value, const dslt_safetensors *file,
                                 int index) {
  const char *name;
  json_t *text;
  json_object_foreach(file->metadata, name, text) {
    if (index-- == 0) {
      *key = name;
      *value = json_string_value(text);
      return 1;
    }
  }
  return 0;
}

void dslt_safetensors_free(dslt_safetensors *file) {
  if (!file) return;
  free(file->entries);
  json_decref(file->root);
  free(file);
}
