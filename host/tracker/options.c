/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: the public options: handles, from text to member and back. */
#include "tracker/options.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/precision.h"
#include "base/error.h"
#include "base/nearest.h"
#include "tracker/type.h"

/* ---- options of all trackers --------------------------------------------------------------------- */

static const dslt_option_choice backends[] = {{"auto", 0}, {"cpu", 1}, {"cuda", 2}, {NULL, 0}};
static const dslt_option_choice precisions[] = {{"f32", DSLT_PRECISION_F32},
                                                {"tf32", DSLT_PRECISION_TF32},
                                                {"auto", DSLT_PRECISION_AUTO},
                                                {"bf16", DSLT_PRECISION_BF16},
                                                {NULL, 0}};

#define INT(name, low, high, help) DSLT_ROW_INT(dslt_common_options, name, "", low, high, help)

static const dslt_option_row common_rows[] = {
    {"backend", "", "auto|cpu|cuda", "where to compute", DSLT_OPTION_NAME,
     offsetof(dslt_common_options, backend), 0, 0, backends},
    DSLT_ROW_CHOICE(dslt_common_options, precision, "", "f32|tf32|bf16|auto", precisions,
                    "arithmetic of the backbone"),
    INT(threads, 0, 1024, "CPU threads; 0 = the cores at hand"),
    {"seed", "", "0..9223372036854775807", "seed of every random draw", DSLT_OPTION_INT64,
     offsetof(dslt_common_options, seed), 0, 0x1p63, NULL},
    INT(deterministic, 0, 1, "the same run twice gives the same bytes; 0: a GPU may also sum in any order"),
    INT(first_sight, 0, 1,
        "a target in noise is lost, and its box stays, until a frame shows it again; 0: search at once"),
};

enum { COMMON_ROWS = sizeof common_rows / sizeof *common_rows };

static const dslt_common_options common_defaults = {.backend = "auto",
                                                    .precision = DSLT_PRECISION_F32,
                                                    .threads = 0,
                                                    .seed = 1,
                                                    .deterministic = 1,
                                                    .first_sight = 1};

/* Row `index` of these options' table; NULL past the end. */
static const dslt_option_row *row_at(const dslt_options *options, int index) {
  if (index < 0) return NULL;
  if (index < COMMON_ROWS) return &common_rows[index];
  index -= COMMON_ROWS;
  return index < options->type->row_count ? &options->type->rows[index] : NULL;
}

/* Where the member of row `index` lies. */
static void *place_of(const dslt_options *options, int index) {
  const char *common = (const char *)&options->common, *own = options->own;
  return (char *)(index < COMMON_ROWS ? common : own) + row_at(options, index)->offset;
}

/* ---- presets ------------------------------------------------------------------------------------- */

static const dslt_preset *find_preset(const dslt_tracker_type *type, const char *name) {
  for (int i = 0; i < type->preset_count; ++i)
    if (strcmp(type->presets[i].name, name) == 0) return &type->presets[i];
  return NULL;
}

/* Preset `index` counted over all trackers; *type is its tracker. NULL past the end. */
static const dslt_preset *preset_at(const dslt_tracker_type **type, int index) {
  for (int i = 0; (*type = dslt_tracker_type_at(i)) && index >= 0; ++i) {
    if (index < (*type)->preset_count) return &(*type)->presets[index];
    index -= (*type)->preset_count;
  }
  return NULL;
}

/* Says which presets there are: of `type`, or of all trackers where it is NULL. */
static int no_preset(const dslt_tracker_type *type, const char *name) {
  char list[768] = "";
  size_t used = 0;
  const dslt_tracker_type *any = type;
  int count = 0;
  while (type ? count < type->preset_count : preset_at(&any, count) != NULL) ++count;
  for (int i = 0; i < count && used < sizeof list; ++i) {
    const dslt_preset *preset = type ? &type->presets[i] : preset_at(&any, i);
    const char *between = i == 0 ? "" : (i + 1 < count ? ", " : " or ");
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", between, preset->name);
  }
  return dslt_fail(DSLT_EOPTION, "There is no preset \"%s\"; choose %s.", name, list);
}

int dslt_preset_describe(dslt_preset_info *out, int index) {
  const dslt_tracker_type *type;
  if (!out) return dslt_fail(DSLT_EARGUMENT, "dslt_preset_describe() was given no place for its answer.");
  const dslt_preset *preset = preset_at(&type, index);
  if (!preset) return dslt_fail(DSLT_EARGUMENT, "There is no preset number %d.", index);
  *out = (dslt_preset_info){preset->name, type->name, preset->summary};
  return DSLT_OK;
}

/* ---- handles ------------------------------------------------------------------------------------- */

static dslt_options *alloc_options(const dslt_tracker_type *type) {
  dslt_options *o = calloc(1, sizeof *o);
  void *own = calloc(1, type->options_size ? type->options_size : 1);
  if (!o || !own) {
    free(o);
    free(own);
    dslt_fail(DSLT_EMEMORY, "Out of memory for options.");
    return NULL;
  }
  o->type = type;
  o->own = own;
  return o;
}

static int make_options(dslt_options **out, const dslt_tracker_type *type, const dslt_preset *preset) {
  dslt_options *o = alloc_options(type);
  if (!o) return DSLT_EMEMORY;
  o->preset = preset->name;
  o->common = common_defaults;
  preset->fill(&o->common, o->own);
  *out = o;
  return DSLT_OK;
}

int dslt_options_create(dslt_options **out, const char *preset) {
  if (!out || !preset)
    return dslt_fail(DSLT_EARGUMENT, "dslt_options_create() needs a place and a preset's name.");
  const dslt_tracker_type *type;
  for (int i = 0; (type = dslt_tracker_type_at(i)); ++i)
    if (find_preset(type, preset)) return make_options(out, type, find_preset(type, preset));
  return no_preset(NULL, preset);
}

int dslt_options_create_of(dslt_options **out, const dslt_tracker_type *type, const char *preset) {
  const dslt_preset *found = find_preset(type, preset);
  return found ? make_options(out, type, found) : no_preset(type, preset);
}

int dslt_options_clone(dslt_options **out, const dslt_options *options) {
  if (!out || !options) return dslt_fail(DSLT_EARGUMENT, "dslt_options_clone() needs a place and options.");
  dslt_options *o = alloc_options(options->type);
  if (!o) return DSLT_EMEMORY;
  o->preset = options->preset;
  o->common = options->common;
  memcpy(o->own, options->own, options->type->options_size);
  *out = o;
  return DSLT_OK;
}

void dslt_options_free(dslt_options *options) {
  if (!options) return;
  free(options->own);
  free(options);
}

const char *dslt_options_preset(const dslt_options *options) { return options ? options->preset : ""; }

const char *dslt_options_weights(const dslt_options *options) {
  return options && options->type->weights ? options->type->weights : "";
}

const char *dslt_options_tracker(const dslt_options *options) { return options ? options->type->name : ""; }

/* ---- text ---------------------------------------------------------------------------------------- */

enum { TEXT_BYTES = 64 }; /* that hold any option's value, as dslt_options_get() promises */

/* The row of `key`; its index in *index. */
static int find(const dslt_option_row **out, int *index, const dslt_options *options, const char *key) {
  enum { MOST = 256 };
  const char *names[MOST];
  int count = 0;
  const dslt_option_row *row;
  for (; (row = row_at(options, count)) && count < MOST; ++count) {
    names[count] = row->key;
    if (strcmp(row->key, key) != 0) continue;
    *out = row;
    *index = count;
    return DSLT_OK;
  }
  int nearest = dslt_nearest(key, names, count);
  if (nearest < 0)
    return dslt_fail(DSLT_EOPTION, "There is no option \"%s\"; dslt track --list-options prints them all.",
                     key);
  return dslt_fail(DSLT_EOPTION, "There is no option \"%s\"; did you mean %s?", key, names[nearest]);
}

static int out_of_range(const dslt_option_row *row, const char *value) {
  return dslt_fail(DSLT_EOPTION, "Option %s cannot be \"%s\"; it takes %s.", row->key, value, row->values);
}

static int no_list(const dslt_option_row *row, const char *value) {
  return dslt_fail(
      DSLT_EOPTION,
      "Option %s cannot be \"%s\"; it takes 1 to %d numbers %s with commas between, %d characters "
      "at most.",
      row->key, value, (int)DSLT_OPTION_LIST_MAX, row->values, TEXT_BYTES - 1);
}

static int set_choice(void *place, const dslt_option_row *row, const char *value) {
  for (const dslt_option_choice *c = row->choices; c->name; ++c) {
    if (strcasecmp(c->name, value) != 0) continue;
    if (row->kind == DSLT_OPTION_NAME)
      strcpy(place, c->name);
    else
      *(int *)place = c->value;
    return DSLT_OK;
  }
  return out_of_range(row, value);
}

/* Decimal notation only, with a dot whatever locale the application has chosen; strtod alone would also take
 * hexadecimal, infinity, NaN and leading blanks. 1 on success. */
static int parse_real(double *out, const char *text) {
  char *end = NULL;
  if (!*text || text[strspn(text, "0123456789+-.eE")]) return 0;
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!plain) return 0;
  *out = strtod_l(text, &end, plain);
  freelocale(plain);
  return end != text && !*end;
}

static int parse_integer(long long *out, const char *text) {
  char *end = NULL;
  if (!*text || text[strspn(text, "0123456789+-")]) return 0;
  errno = 0;
  *out = strtoll(text, &end, 10);
  return end != text && !*end && errno == 0;
}

static int set_real(double *place, const dslt_option_row *row, const char *value) {
  double v;
  if (!parse_real(&v, value) || !(v >= row->low && v <= row->high)) return out_of_range(row, value);
  *place = v;
  return DSLT_OK;
}

/* Shortest form that reads back as the same double. */
static void print_real(char *out, size_t size, double v) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), before = uselocale(plain);
  for (int digits = 15; digits <= 17; ++digits) { /* 15 write 80 and 0.1 as such, 17 are always enough */
    snprintf(out, size, "%.*g", digits, v);
    if (strtod(out, NULL) == v) break;
  }
  uselocale(before);
  if (plain) freelocale(plain);
}

/* The list as text, "1,0.5", cut at `size` bytes. Returns its length without the cut. */
static size_t print_list(char *out, size_t size, const dslt_option_list *list) {
  size_t used = 0;
  for (int i = 0; i < list->count; ++i) {
    char number[32];
    print_real(number, sizeof number, list->value[i]);
    const int length = snprintf(used < size ? out + used : NULL, used < size ? size - used : 0, "%s%s",
                                i ? "," : "", number);
    used += (size_t)length;
  }
  return used;
}

static int set_list(dslt_option_list *place, const dslt_option_row *row, const char *value) {
  dslt_option_list list = {0};
  const char *from = value;
  for (int more = 1; more;) {
    const size_t length = strcspn(from, ",");
    char number[64] = "";
    double v;
    if (list.count == DSLT_OPTION_LIST_MAX || length >= sizeof number) return no_list(row, value);
    memcpy(number, from, length);
    if (!parse_real(&v, number) || !(v >= row->low && v <= row->high)) return no_list(row, value);
    list.value[list.count++] = v;
    more = from[length] == ',';
    from += length + 1;
  }
  if (print_list(NULL, 0, &list) >= TEXT_BYTES) return no_list(row, value); /* could not be read back */
  *place = list;
  return DSLT_OK;
}

static int set_integer(void *place, const dslt_option_row *row, const char *value) {
  long long v;
  if (!parse_integer(&v, value) || (double)v < row->low || (double)v > row->high)
    return out_of_range(row, value);
  if (row->kind == DSLT_OPTION_INT)
    *(int *)place = (int)v;
  else
    *(int64_t *)place = v;
  return DSLT_OK;
}

int dslt_options_set(dslt_options *options, const char *key, const char *value) {
  if (!options || !key || !value)
    return dslt_fail(DSLT_EARGUMENT, "dslt_options_set() needs options, a key and a value.");
  const dslt_option_row *row;
  int index;
  DSLT_TRY(find(&row, &index, options, key));
  void *place = place_of(options, index);
  switch (row->kind) {
    case DSLT_OPTION_NAME:
    case DSLT_OPTION_CHOICE: return set_choice(place, row, value);
    case DSLT_OPTION_REAL: return set_real(place, row, value);
    case DSLT_OPTION_LIST: return set_list(place, row, value);
    case DSLT_OPTION_INT:
    case DSLT_OPTION_INT64: return set_integer(place, row, value);
  }
  return dslt_fail(DSLT_EINTERNAL, "Option %s has no kind.", key);
}

static const char *choice_name(const dslt_option_row *row, int value) {
  for (const dslt_option_choice *c = row->choices; c->name; ++c)
    if (c->value == value) return c->name;
  return "?";
}

int dslt_options_get(char *out, size_t size, const dslt_options *options, const char *key) {
  if (!out || !options || !key)
    return dslt_fail(DSLT_EARGUMENT, "dslt_options_get() needs a place, options and a key.");
  const dslt_option_row *row;
  int index;
  DSLT_TRY(find(&row, &index, options, key));
  const void *place = place_of(options, index);
  char text[TEXT_BYTES] = "";
  switch (row->kind) {
    case DSLT_OPTION_NAME: snprintf(text, sizeof text, "%s", (const char *)place); break;
    case DSLT_OPTION_INT: snprintf(text, sizeof text, "%d", *(const int *)place); break;
    case DSLT_OPTION_INT64: snprintf(text, sizeof text, "%" PRId64, *(const int64_t *)place); break;
    case DSLT_OPTION_REAL: print_real(text, sizeof text, *(const double *)place); break;
    case DSLT_OPTION_LIST: print_list(text, sizeof text, place); break;
    case DSLT_OPTION_CHOICE: snprintf(text, sizeof text, "%s", choice_name(row, *(const int *)place)); break;
  }
  if (strlen(text) >= size)
    return dslt_fail(DSLT_EARGUMENT, "The place for option %s holds only %zu bytes.", key, size);
  memcpy(out, text, strlen(text) + 1);
  return DSLT_OK;
}

int dslt_options_get_integer(int64_t *out, const dslt_options *options, const char *key) {
  if (!out || !options || !key)
    return dslt_fail(DSLT_EARGUMENT, "dslt_options_get_integer() needs a place, options and a key.");
  const dslt_option_row *row;
  int index;
  DSLT_TRY(find(&row, &index, options, key));
  const void *place = place_of(options, index);
  if (row->kind == DSLT_OPTION_INT)
    *out = *(const int *)place;
  else if (row->kind == DSLT_OPTION_INT64)
    *out = *(const int64_t *)place;
  else
    return dslt_fail(DSLT_EOPTION, "Option %s holds no whole number; it takes %s.", key, row->values);
  return DSLT_OK;
}

int dslt_options_describe(dslt_option_info *out, const dslt_options *options, int index) {
  if (!out || !options)
    return dslt_fail(DSLT_EARGUMENT, "dslt_options_describe() needs a place for its answer and options.");
  const dslt_option_row *row = row_at(options, index);
  if (!row)
    return dslt_fail(DSLT_EARGUMENT, "There is no option number %d; they are numbered 0 to %d.", index,
                     COMMON_ROWS + options->type->row_count - 1);
  const char *tracker = index < COMMON_ROWS ? "" : options->type->name;
  *out = (dslt_option_info){row->key, row->symbol, row->values, row->help, tracker};
  return DSLT_OK;
}

int dslt_options_check(const dslt_options *options) {
  if (!options) return dslt_fail(DSLT_EARGUMENT, "dslt_options_check() was given no options.");
  /* dslt_options_set() keeps every single option in its range. */
  return options->type->check ? options->type->check(&options->common, options->own) : DSLT_OK;
}
