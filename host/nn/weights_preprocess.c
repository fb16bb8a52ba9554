/* SPDX-License-Identifier: Apache-2.0 */
/* weights_preprocess.c: reads from a weight file's metadata how a network's input is normalised. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "weights_internal.h"

static const double SMALLEST = 1e-9, LARGEST = 1e9; /* of deviations and scales */

dslt_preprocess dslt_preprocess_caffe(void) {
  return (dslt_preprocess){0, {103.939f, 116.779f, 123.68f}, {1, 1, 1}, 1, 1};
}

dslt_preprocess dslt_preprocess_torch(void) {
  return (dslt_preprocess){1,
                           {(float)(255 * 0.485), (float)(255 * 0.456), (float)(255 * 0.406)},
                           {(float)(255 * 0.229), (float)(255 * 0.224), (float)(255 * 0.225)},
                           1,
                           1};
}

/* Run `text` through strtod with a dot for the decimal point, whatever locale the application has chosen. */
static double parse_number(const char *text, char **end) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (plain == (locale_t)0) {
    *end = (char *)text;
    return 0;
  }
  const double value = strtod_l(text, end, plain);
  freelocale(plain);
  return value;
}

static int bad_value(const char *key, const char *text, const char *wanted) {
  char safe[64];
  return dslt_fail(DSLT_EWEIGHTS, "The metadata's %s is \"%s\"; it must be %s.", key,
                   dslt_printable(safe, sizeof safe, text), wanted);
}

const char *dslt_metadata_text(const dslt_metadata *m, const char *key) {
  for (int i = 0; i < m->given_count; ++i)
    if (strcmp(m->given[i].key, key) == 0) return m->given[i].value;
  for (int i = 0; i < m->own_count; ++i)
    if (strcmp(m->own[i].key, key) == 0) return m->own[i].value;
  return m->file ? dslt_safetensors_metadata(m->file, key) : NULL;
}

int dslt_metadata_numbers(float *out, int count, const dslt_metadata *metadata, const char *key, double low,
                          double high, const char *wanted) {
  const char *text = dslt_metadata_text(metadata, key);
  if (!text) return 0;
  const char *at = text;
  float values[8];
  for (int i = 0; i < count; ++i) {
    while (*at == ' ') ++at;
    char *end;
    const double value = parse_number(at, &end);
    if (end == at || !(value >= low && value <= high)) return bad_value(key, text, wanted);
    values[i] = (float)value;
    at = end;
    while (*at == ' ') ++at;
    if (*at != (i + 1 < count ? ',' : '\0')) return bad_value(key, text, wanted);
    ++at;
  }
  memcpy(out, values, sizeof *out * (size_t)count);
  return 1;
}

static void swap_ends(float values[3]) {
  const float first = values[0];
  values[0] = values[2];
  values[2] = first;
}

static int read_order(dslt_weights *weights, const dslt_metadata *metadata) {
  const char *order = dslt_metadata_text(metadata, DSLT_KEY_ORDER);
  if (!order) return 0;
  const int rgb = strcmp(order, "rgb") == 0;
  if (!rgb && strcmp(order, "bgr") != 0) return bad_value(DSLT_KEY_ORDER, order, "\"bgr\" or \"rgb\"");
  dslt_preprocess *preprocess = &weights->preprocess;
  if (rgb != preprocess->rgb) { /* the convention's numbers are given per colour, in any channel order */
    swap_ends(preprocess->mean);
    swap_ends(preprocess->deviation);
    preprocess->rgb = rgb;
  }
  weights->given |= DSLT_GIVEN_ORDER;
  return 0;
}

int dslt_weights_read_preprocess(dslt_weights *weights, const dslt_metadata *metadata) {
  dslt_preprocess *preprocess = &weights->preprocess;
  *preprocess = weights->names[0] == 't' ? dslt_preprocess_torch() : dslt_preprocess_caffe();
  weights->given = 0;
  DSLT_TRY(read_order(weights, metadata));
  const struct {
    const char *key;
    float *out;
    int count;
    double low, high;
    unsigned bit;
    const char *wanted;
  } rows[] = {
      {DSLT_KEY_MEAN, preprocess->mean, 3, 0, 255, DSLT_GIVEN_MEAN,
       "three numbers 0..255 with commas between them"},
      {DSLT_KEY_DEVIATION, preprocess->deviation, 3, SMALLEST, LARGEST, DSLT_GIVEN_DEVIATION,
       "three numbers above 0 with commas between them"},
      {DSLT_KEY_SCALE_LOW, &preprocess->scale_low, 1, SMALLEST, LARGEST, DSLT_GIVEN_SCALE_LOW,
       "one number above 0"},
      {DSLT_KEY_SCALE_HIGH, &preprocess->scale_high, 1, SMALLEST, LARGEST, DSLT_GIVEN_SCALE_HIGH,
       "one number above 0"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
    const int rc = dslt_metadata_numbers(rows[i].out, rows[i].count, metadata, rows[i].key, rows[i].low,
                                         rows[i].high, rows[i].wanted);
    if (rc < 0) return rc;
    if (rc > 0) weights->given |= rows[i].bit;
  }
  return 0;
}

void dslt_float_text(char *out, float value) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  const locale_t before = uselocale(plain); /* of this thread only */
  /* Nine digits always read back; fewer are nicer to read. */
  for (int digits = 6; digits <= 9; ++digits) {
    snprintf(out, 32, "%.*g", digits, (double)value);
    if (strtof(out, NULL) == value) break;
  }
  uselocale(before);
  if (plain != (locale_t)0) freelocale(plain);
}

void dslt_triple_text(char *out, const float values[3]) {
  char text[3][32];
  for (int i = 0; i < 3; ++i) dslt_float_text(text[i], values[i]);
  snprintf(out, 96, "%s,%s,%s", text[0], text[1], text[2]);
}
