/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: the table of options: name, symbol, range, help; text to field and back. */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/nearest.h"
#include "dslt/dslt.h"

typedef enum field_type { FIELD_INT, FIELD_INT64, FIELD_REAL, FIELD_NAME, FIELD_CHOICE } field_type;

typedef struct choice {
  const char *name;
  int value;
} choice;

typedef struct field {
  const char *key, *symbol, *values, *help;
  field_type type;
  size_t offset;
  double low, high;
  const choice *choices; /* ends with a NULL name */
} field;

static const choice backends[] = {{"auto", 0}, {"cpu", 1}, {"cuda", 2}, {NULL, 0}};
static const choice precisions[] = {{"f32", DSLT_PRECISION_F32},
                                    {"tf32", DSLT_PRECISION_TF32},
                                    {"auto", DSLT_PRECISION_AUTO},
                                    {"bf16", DSLT_PRECISION_BF16},
                                    {NULL, 0}};
static const choice layers[] = {
    {"conv3_3", DSLT_CONV3_3}, {"conv4_3", DSLT_CONV4_3}, {"conv5_3", DSLT_CONV5_3}, {NULL, 0}};
static const choice reductions[] = {
    {"0", DSLT_REDUCTION_FIXED}, {"1", DSLT_REDUCTION_LEARNS}, {"first", DSLT_REDUCTION_FIRST}, {NULL, 0}};
static const choice losses[] = {{"shrinkage", DSLT_LOSS_SHRINKAGE},
                                {"l2", DSLT_LOSS_L2},
                                {"l3", DSLT_LOSS_L3},
                                {"ohnm", DSLT_LOSS_OHNM},
                                {"shrinkage_released", DSLT_LOSS_SHRINKAGE_RELEASED},
                                {"truncated", DSLT_LOSS_TRUNCATED},
                                {NULL, 0}};
static const choice subcells[] = {{"none", DSLT_SUBCELL_NONE},
                                  {"quadratic", DSLT_SUBCELL_QUADRATIC},
                                  {"bicubic", DSLT_SUBCELL_BICUBIC},
                                  {"gaussian", DSLT_SUBCELL_GAUSSIAN},
                                  {NULL, 0}};
static const choice mappings[] = {
    {"receptive", DSLT_MAPPING_RECEPTIVE}, {"stretch", DSLT_MAPPING_STRETCH}, {NULL, 0}};

#define AT(name) offsetof(dslt_options, name)
#define INT(name, symbol, low, high, help) \
  { #name, symbol, #low ".." #high, help, FIELD_INT, AT(name), low, high, NULL }
#define REAL(name, symbol, low, high, help) \
  { #name, symbol, #low ".." #high, help, FIELD_REAL, AT(name), low, high, NULL }
#define CHOICE(name, symbol, names, list, help) \
  { #name, symbol, names, help, FIELD_CHOICE, AT(name), 0, 0, list }

static const field fields[] = {
    {"backend", "", "auto|cpu|cuda", "where to compute", FIELD_NAME, AT(backend), 0, 0, backends},
    CHOICE(precision, "", "f32|tf32|bf16|auto", precisions, "arithmetic of the backbone"),
    INT(threads, "", 0, 1024, "CPU threads; 0 = the cores at hand"),
    {"seed", "", "0..9223372036854775807", "seed of every random draw", FIELD_INT64, AT(seed), 0, 0x1p63,
     NULL},
    INT(deterministic, "", 0, 1,
        "the same run twice gives the same bytes; 0: a GPU may also sum in any order"),

    REAL(frame_scale_side, "", 0, 4096, "a larger target is brought to this side, px; 0 = never"),
    REAL(frame_scale_limit, "", 1, 16384,
         "... when a side is longer than this, px, or the area exceeds the side squared"),
    REAL(search_width, "", 0.25, 32, "context left and right, times the target's width"),
    REAL(search_height, "", 0.25, 32, "context above and below, times the target's height"),
    INT(search_square, "", 0, 1, "the search area is a square of the same area"),
    REAL(search_min_area, "", 0, 4194304, "a smaller search area is enlarged to this, px^2"),
    REAL(search_max_area, "", 0, 4194304, "a larger one is reduced to this, px^2; 0 = never"),
    INT(search_max_side, "", 64, 4096, "longest side of the network's input, px"),

    CHOICE(low_layer, "", "conv3_3|conv4_3|conv5_3", layers, "layer of the base branch"),
    CHOICE(high_layer, "", "conv3_3|conv4_3|conv5_3", layers, "layer of the residual branch"),
    INT(pool3, "", 0, 1, "keep the backbone's third pooling"),
    INT(pool4, "", 0, 1, "keep the backbone's fourth pooling"),
    INT(reduce_channels, "", 1, 512, "channels after reduction"),
    INT(reduce_kernel, "", 1, 3, "side of the reduction's kernel, 1 or 3"),
    CHOICE(train_reduction, "", "0|1|first", reductions,
           "reductions and deconvolution learn too: never, always, on the first frame"),
    INT(fusion, "", 0, 1, "first residual connection: base sees both layers; 0 = DSLT_m"),
    REAL(fuse_low, "", 0, 10, "weight of the low layer in the fused map"),
    REAL(fuse_high, "", 0, 10, "weight of the high layer in the fused map"),
    INT(residual, "", 0, 1, "second residual connection: response = base + residual"),
    INT(regress_max_side, "k", 1, 256, "longest side of the regression kernel, cells"),
    REAL(regress_sigma, "", 0, 1, "deviation of the first regression weights"),
    INT(regress_bias, "", 0, 1, "the regressions have a trainable bias"),
    REAL(feature_scale, "", 0.0001, 10000, "further factor on the features"),

    REAL(label_sigma, "", 0.001, 10, "deviation of the soft label, times the target's size"),
    REAL(label_min_sigma, "", 0, 64, "... but at least this many cells"),
    INT(label_on_cell, "", 0, 1, "place the crop so that the target's centre falls on a cell"),
    INT(label_stretch, "", 0, 1, "stretch the soft label to [0, 1]"),

    CHOICE(loss, "L", "shrinkage|l2|l3|ohnm|shrinkage_released|truncated", losses, "loss of the regression"),
    REAL(shrink_a, "a", 0, 1000, "shrinkage speed (eq. 5)"),
    REAL(shrink_c, "c", 0, 1, "localisation of the shrinkage (eq. 5)"),
    REAL(ohnm_threshold, "", 0, 1, "smallest |p - y| that OHNM keeps"),
    REAL(truncate_threshold, "th", 0, 1, "smallest |p - y| that the truncated loss keeps"),
    REAL(released_alpha, "", 0, 10, "exponent of the released program's sample weight"),
    REAL(truncate_alpha, "alpha", -10, 10, "label weight of the truncated loss"),

    REAL(adam_beta1, "beta1", 0, 0.99999, "decay of Adam's first moment"),
    REAL(adam_beta2, "beta2", 0, 0.999999, "decay of Adam's second moment"),
    REAL(adam_epsilon, "eps", 1e-30, 1, "added to the root of Adam's second moment"),
    REAL(weight_decay, "lambda", 0, 1, "weight decay (eq. 1)"),
    REAL(decay_high, "", 0, 1000, "weight decay of the residual regression, times this"),
    REAL(rate_bias, "", 0, 1000, "learning rate of biases, times the branch's"),

    INT(branch_rates, "", 0, 1, "the residual branch's rate holds for its reduction and upsampling too"),

    REAL(init_rate_low, "eta", 0, 1, "first frame: learning rate of the base branch"),
    REAL(init_rate_high, "eta", 0, 1, "first frame: learning rate of the residual branch"),
    INT(init_steps, "", 1, 100000, "first frame: at most this many steps"),
    REAL(init_stop_loss, "", 0, 1000000, "first frame: stop below this summed loss; 0 = never"),
    REAL(init_stop_change, "", 0, 1,
         "first frame: stop when ten steps improve by less than this share; 0 = never"),
    INT(init_stop_window, "", 1, 1000, "first frame: steps compared with as many before them"),
    INT(augment, "", 0, 1, "first frame: four blurs and the mirror image"),

    INT(memory, "T", 1, 64, "stored samples, the first frame's among them"),
    INT(update_interval, "", 0, 1000000, "update every n-th frame; 0 = never"),
    INT(update_steps, "", 1, 1000, "steps on each stored sample"),
    REAL(online_rate_low, "eta", 0, 1, "update: learning rate of the base branch"),
    REAL(online_rate_high, "eta", 0, 1, "update: learning rate of the residual branch"),

    REAL(motion_sigma, "", 0, 100, "deviation of the motion prior, times the target's size; 0 = none"),
    REAL(motion_min_sigma, "", 0, 64, "... but at least this many cells"),
    CHOICE(subcell, "", "none|quadratic|bicubic|gaussian", subcells, "how the maximum is refined"),
    CHOICE(mapping, "", "receptive|stretch", mappings, "from response cells to pixels"),

    INT(scale_levels, "", 1, 9, "levels of the scale pyramid, odd"),
    REAL(scale_step, "", 1.0001, 2, "ratio of neighbouring levels"),
    INT(scale_joint, "", 0, 1,
        "search all levels around the last place at once; 0 = first place, then scale"),
    REAL(scale_gate, "", -1, 10, "the pyramid is used where the peak exceeds this"),
    REAL(scale_gate_ratio, "", 0, 1, "... and this share of its recent average"),
    REAL(scale_penalty, "", 0, 1, "factor on the score of every level but the middle one"),
    REAL(scale_rate, "", 0, 1, "size = (1 - rate) old + rate new"),

    REAL(min_side, "", 1, 1024, "smallest side of a box, px"),
    REAL(lost_ratio, "", 0, 1, "lost when the peak falls below this share of its recent average"),
    REAL(lost_rate, "", 0, 1, "share of a new peak in the running average"),
    INT(lost_grace, "", 0, 1000, "nothing counts as lost in the first frames, this many"),
    INT(lost_hold, "", 0, 1, "while lost keep the box and skip the update"),
};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

/* ---- text ---------------------------------------------------------------------------------------- */

static int find(const field **out, const char *key) {
  const char *names[FIELD_COUNT];
  for (int i = 0; i < FIELD_COUNT; ++i) {
    names[i] = fields[i].key;
    if (strcmp(fields[i].key, key) != 0) continue;
    *out = &fields[i];
    return DSLT_OK;
  }
  int nearest = dslt_nearest(key, names, FIELD_COUNT);
  if (nearest < 0)
    return dslt_fail(DSLT_EOPTION, "There is no option \"%s\"; dslt track --list-options prints them all.",
                     key);
  return dslt_fail(DSLT_EOPTION, "There is no option \"%s\"; did you mean %s?", key, names[nearest]);
}

static int out_of_range(const field *f, const char *value) {
  return dslt_fail(DSLT_EOPTION, "Option %s cannot be \"%s\"; it takes %s.", f->key, value, f->values);
}

static int set_choice(dslt_options *options, const field *f, const char *value) {
  for (const choice *c = f->choices; c->name; ++c) {
    if (strcasecmp(c->name, value) != 0) continue;
    char *place = (char *)options + f->offset;
    if (f->type == FIELD_NAME)
      snprintf(place, DSLT_NAME_MAX, "%s", c->name);
    else
      memcpy(place, &c->value, sizeof c->value);
    return DSLT_OK;
  }
  return out_of_range(f, value);
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

int dslt_options_set(dslt_options *options, const char *key, const char *value) {
  if (!options || !key || !value)
    return dslt_fail(DSLT_EARGUMENT, "dslt_options_set() needs options, a key and a value.");
  const field *f = NULL;
  DSLT_TRY(find(&f, key));
  switch (f->type) {
    case FIELD_NAME:
    case FIELD_CHOICE: return set_choice(options, f, value);
    case FIELD_REAL: {
      double v;
      if (!parse_real(&v, value) || !(v >= f->low && v <= f->high)) return out_of_range(f, value);
      memcpy((char *)options + f->offset, &v, sizeof v);
      return DSLT_OK;
    }
    case FIELD_INT:
    case FIELD_INT64: {
      long long v;
      if (!parse_integer(&v, value) || (double)v < f->low || (double)v > f->high)
        return out_of_range(f, value);
      int narrow = (int)v;
      int64_t wide = v;
      if (f->type == FIELD_INT)
        memcpy((char *)options + f->offset, &narrow, sizeof narrow);
      else
        memcpy((char *)options + f->offset, &wide, sizeof wide);
      return DSLT_OK;
    }
  }
  return dslt_fail(DSLT_EINTERNAL, "Option %s has no type.", key);
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

int dslt_options_get(char *out, size_t size, const dslt_options *options, const char *key) {
  if (!out || !options || !key)
    return dslt_fail(DSLT_EARGUMENT, "dslt_options_get() needs a place, options and a key.");
  const field *f = NULL;
  DSLT_TRY(find(&f, key));
  const char *place = (const char *)options + f->offset;
  char text[64] = "";
  int narrow;
  int64_t wide;
  double real;
  switch (f->type) {
    case FIELD_NAME: snprintf(text, sizeof text, "%s", place); break;
    case FIELD_INT:
      memcpy(&narrow, place, sizeof narrow);
      snprintf(text, sizeof text, "%d", narrow);
      break;
    case FIELD_INT64:
      memcpy(&wide, place, sizeof wide);
      snprintf(text, sizeof text, "%" PRId64, wide);
      break;
    case FIELD_REAL:
      memcpy(&real, place, sizeof real);
      print_real(text, sizeof text, real);
      break;
    case FIELD_CHOICE:
      memcpy(&narrow, place, sizeof narrow);
      snprintf(text, sizeof text, "%d", narrow); /* what no choice has stays visible as a number */
      for (const choice *c = f->choices; c->name; ++c)
        if (c->value == narrow) snprintf(text, sizeof text, "%s", c->name);
      break;
  }
  if (strlen(text) >= size)
    return dslt_fail(DSLT_EARGUMENT, "The place for option %s holds only %zu bytes.", key, size);
  memcpy(out, text, strlen(text) + 1);
  return DSLT_OK;
}

int dslt_options_describe(dslt_option_info *out, int index) {
  if (!out) return dslt_fail(DSLT_EARGUMENT, "dslt_options_describe() was given no place for its answer.");
  if (index < 0 || index >= FIELD_COUNT)
    return dslt_fail(DSLT_EARGUMENT, "There is no option number %d; they are numbered 0 to %d.", index,
                     FIELD_COUNT - 1);
  const field *f = &fields[index];
  *out = (dslt_option_info){f->key, f->symbol, f->values, f->help};
  return DSLT_OK;
}

/* ---- check --------------------------------------------------------------------------------------- */

static int check_combinations(const dslt_options *o) {
  if (o->high_layer <= o->low_layer)
    return dslt_fail(DSLT_EOPTION,
                     "Option high_layer must lie above low_layer (conv3_3 < conv4_3 < conv5_3).");
  if (o->frame_scale_side > 0 && o->frame_scale_side < 8)
    return dslt_fail(DSLT_EOPTION, "Option frame_scale_side must be 0 (never) or at least 8 pixels.");
  if (o->reduce_kernel == 2) return dslt_fail(DSLT_EOPTION, "Option reduce_kernel must be 1 or 3.");
  if (o->scale_levels % 2 == 0)
    return dslt_fail(DSLT_EOPTION, "Option scale_levels must be odd (1, 3, 5 ...).");
  if (o->mapping == DSLT_MAPPING_STRETCH && o->label_on_cell)
    return dslt_fail(DSLT_EOPTION,
                     "Option mapping=stretch needs label_on_cell=0: it centres the label on the grid.");
  return DSLT_OK;
}

int dslt_options_check(const dslt_options *options) {
  if (!options) return dslt_fail(DSLT_EARGUMENT, "dslt_options_check() was given no options.");
  if (options->version != DSLT_OPTIONS_VERSION)
    return dslt_fail(
        DSLT_EOPTION,
        "These options have version %u, this library knows %u; fill them with dslt_options_init().",
        options->version, DSLT_OPTIONS_VERSION);
  for (int i = 0; i < FIELD_COUNT; ++i) {
    /* What set() refuses, check() refuses: write each field as text and read it back into a copy. */
    char text[64];
    dslt_options copy = *options;
    copy.backend[DSLT_NAME_MAX - 1] = '\0';
    DSLT_TRY(dslt_options_get(text, sizeof text, &copy, fields[i].key));
    DSLT_TRY(dslt_options_set(&copy, fields[i].key, text));
  }
  return check_combinations(options);
}
