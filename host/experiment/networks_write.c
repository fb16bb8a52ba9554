/* SPDX-License-Identifier: Apache-2.0 */
/* networks_write.c: the tables of a study of networks, as text, Markdown and JSON. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/json.h"
#include "experiment/ablation.h"
#include "experiment/networks.h"

/* ---- numbers ------------------------------------------------------------------------------------- */

typedef enum measure { PRECISION, AUC, SUCCESS, FPS, MEASURES } measure;

static double value_of(const dslt_ablation *a, int variant, measure which) {
  const dslt_ablation_score *mean = &a->mean[variant];
  switch (which) {
    case PRECISION: return 100 * mean->precision20;
    case AUC: return 100 * mean->auc;
    case SUCCESS: return 100 * mean->success50;
    case FPS:
    case MEASURES: break;
  }
  return a->fps[variant];
}

static const dslt_network_kind *kind_at(const dslt_ablation *a, int kind) {
  return &a->study->networks->kinds->kinds[kind];
}

/* Values of the networks of one kind; how many there are. */
static int values_of(double out[DSLT_VARIANTS_MAX], const dslt_ablation *a, int kind, measure which) {
  int count = 0;
  for (int i = 0; i < a->study->count; i++)
    if (a->study->networks->networks[i].kind == kind_at(a, kind)) out[count++] = value_of(a, i, which);
  return count;
}

static dslt_spread spread_of(const dslt_ablation *a, int kind, measure which) {
  double values[DSLT_VARIANTS_MAX];
  const int count = values_of(values, a, kind, which);
  return dslt_spread_of(values, count);
}

/* Differences of networks with the same seed. */
static dslt_spread gain_of(const dslt_ablation *a, int kind, int over, measure which, int *pairs) {
  const dslt_network *networks = a->study->networks->networks;
  double values[DSLT_VARIANTS_MAX];
  *pairs = 0;
  for (int i = 0; i < a->study->count; i++)
    for (int k = 0; k < a->study->count; k++)
      if (networks[i].kind == kind_at(a, kind) && networks[k].kind == kind_at(a, over) &&
          networks[i].seed == networks[k].seed)
        values[(*pairs)++] = value_of(a, i, which) - value_of(a, k, which);
  return dslt_spread_of(values, *pairs);
}

/* Sequences with an attribute; `*mean`: over them and the networks of a kind, per cent. */
static int attribute_of(double *mean, const dslt_ablation *a, int kind, int attribute, measure which) {
  int sequences = 0, count = 0;
  double sum = 0;
  for (int k = 0; k < a->count; k++) {
    if (!(a->attributes[k] >> attribute & 1)) continue;
    sequences++;
    for (int i = 0; i < a->study->count; i++) {
      if (a->study->networks->networks[i].kind != kind_at(a, kind)) continue;
      sum += which == AUC ? a->scores[i][k].auc : a->scores[i][k].precision20;
      count++;
    }
  }
  *mean = count ? 100 * sum / count : NAN;
  return sequences;
}

/* ---- text ---------------------------------------------------------------------------------------- */

/* One cell: at least `width` columns wide, the first one to the left. */
static void cell(FILE *stream, int markdown, int first, int width, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
static void cell(FILE *stream, int markdown, int first, int width, const char *format, ...) {
  char text[160];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (!first) fputs(markdown ? " | " : "  ", stream);
  if (first && markdown) fputs("| ", stream);
  fprintf(stream, first ? "%-*s" : "%*s", width, text);
}

static void end_row(FILE *stream, int markdown) { fputs(markdown ? " |\n" : "\n", stream); }

static void head(FILE *stream, int markdown, const char *title, int count, const char *const *names,
                 int width) {
  if (markdown)
    fprintf(stream, "\n## %s\n\n", title);
  else
    fprintf(stream, "\n%s\n", title);
  for (int i = 0; i < count; i++) cell(stream, markdown, i == 0, i ? width : 16, "%s", names[i]);
  end_row(stream, markdown);
  for (int i = 0; markdown && i < count; i++) fputs(i ? " ---: |" : "| --- |", stream);
  if (markdown) fputc('\n', stream);
}

static void spread_cell(FILE *stream, int markdown, dslt_spread s, int sign) {
  if (isnan(s.mean))
    cell(stream, markdown, 0, 14, "-");
  else if (isnan(s.deviation))
    cell(stream, markdown, 0, 14, sign ? "%+.1f" : "%.1f", s.mean);
  else
    cell(stream, markdown, 0, 14, sign ? "%+.1f +- %.1f" : "%.1f +- %.1f", s.mean, s.deviation);
}

static void paper_cell(FILE *stream, int markdown, double value, const char *format) {
  char text[32] = "-";
  if (!isnan(value))
    snprintf(text, sizeof text, format[0] == '+' ? "%+.1f" : format[0] == '0' ? "%.0f" : "%.1f", value);
  cell(stream, markdown, 0, 14, "%s", text);
}

static void print_scores(FILE *stream, const dslt_ablation *a, int markdown) {
  static const char *const names[] = {"network", "networks",  "DPR",       "AUC",      "OSR",
                                      "fps",     "paper DPR", "paper OSR", "paper fps"};
  head(stream, markdown, "Scores (the paper's table II: DPR, OSR, fps)", 9, names, 14);
  for (int i = 0; i < a->study->networks->kinds->count; i++) {
    const dslt_network_kind *kind = kind_at(a, i);
    double values[DSLT_VARIANTS_MAX];
    cell(stream, markdown, 1, 16, "%s", kind->name);
    cell(stream, markdown, 0, 14, "%d", values_of(values, a, i, AUC));
    for (measure m = PRECISION; m < MEASURES; m++) spread_cell(stream, markdown, spread_of(a, i, m), 0);
    paper_cell(stream, markdown, kind->paper_precision, ".1");
    paper_cell(stream, markdown, kind->paper_success, ".1");
    paper_cell(stream, markdown, kind->paper_fps, "0");
    end_row(stream, markdown);
  }
}

static void print_gains(FILE *stream, const dslt_ablation *a, int markdown) {
  static const char *const names[] = {"network", "over", "pairs", "DPR", "paper DPR", "AUC", "paper AUC"};
  head(stream, markdown, "Gains, points (the paper's figure 9)", 7, names, 14);
  for (int i = 0; i < a->study->networks->kinds->count; i++)
    for (int k = 0; k < DSLT_NETWORK_GAINS && kind_at(a, i)->gains[k].over >= 0; k++) {
      const dslt_network_gain *gain = &kind_at(a, i)->gains[k];
      int pairs;
      const dslt_spread precision = gain_of(a, i, gain->over, PRECISION, &pairs);
      cell(stream, markdown, 1, 16, "%s", kind_at(a, i)->name);
      cell(stream, markdown, 0, 14, "%s", kind_at(a, gain->over)->name);
      cell(stream, markdown, 0, 14, "%d", pairs);
      spread_cell(stream, markdown, precision, 1);
      paper_cell(stream, markdown, gain->paper_precision, "+");
      spread_cell(stream, markdown, gain_of(a, i, gain->over, AUC, &pairs), 1);
      paper_cell(stream, markdown, gain->paper_auc, "+");
      end_row(stream, markdown);
    }
}

static void print_attributes(FILE *stream, const dslt_ablation *a, int markdown) {
  const int kinds = a->study->networks->kinds->count;
  const char *names[1 + DSLT_VARIANTS_MAX] = {"attribute"};
  int begun = 0;
  for (int i = 0; i < kinds; i++) names[1 + i] = kind_at(a, i)->name;
  for (int k = 0; k < a->attribute_count; k++) {
    double mean;
    const int sequences = attribute_of(&mean, a, 0, k, AUC);
    if (sequences == 0) continue;
    if (!begun++) head(stream, markdown, "AUC by attribute (the paper's figure 11)", 1 + kinds, names, 14);
    cell(stream, markdown, 1, 16, "%s (%d)", a->attribute_list[k].name, sequences);
    for (int i = 0; i < kinds; i++) {
      attribute_of(&mean, a, i, k, AUC);
      cell(stream, markdown, 0, 14, "%.1f", mean);
    }
    end_row(stream, markdown);
  }
}

void dslt_networks_print(FILE *stream, const dslt_ablation *a, int markdown) {
  print_scores(stream, a, markdown);
  print_gains(stream, a, markdown);
  print_attributes(stream, a, markdown);
  fputs(
      "\nDPR: share of frames with a centre error of at most 20 px; OSR: with an overlap above 0.5; AUC: of the success "
      "plot; per cent, means over the sequences (one pass, MATLAB's convention), then mean +- deviation over the networks of a "
      "kind. A gain is the mean of the differences of networks with the same seed. fps: frames behind each sequence's first "
      "by their seconds, on this machine.\n",
      stream);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static json_t *spread_json(dslt_spread s) {
  return json_pack("{s:o, s:o}", "mean", dslt_json_number(s.mean), "deviation",
                   dslt_json_number(s.deviation));
}

static json_t *gains_json(const dslt_ablation *a, int kind) {
  json_t *list = json_array();
  for (int k = 0; list && k < DSLT_NETWORK_GAINS && kind_at(a, kind)->gains[k].over >= 0; k++) {
    const dslt_network_gain *gain = &kind_at(a, kind)->gains[k];
    int pairs;
    json_t *precision = spread_json(gain_of(a, kind, gain->over, PRECISION, &pairs));
    json_array_append_new(
        list,
        json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "over", kind_at(a, gain->over)->name, "pairs", pairs,
                  "precision20", precision, "auc", spread_json(gain_of(a, kind, gain->over, AUC, &pairs)),
                  "paper_precision20", dslt_json_number(gain->paper_precision), "paper_auc",
                  dslt_json_number(gain->paper_auc)));
  }
  return list;
}

/* Names of the kind's variants. */
static json_t *members_json(const dslt_ablation *a, int kind) {
  json_t *list = json_array();
  for (int i = 0; list && i < a->study->count; i++)
    if (a->study->networks->networks[i].kind == kind_at(a, kind))
      json_array_append_new(list, json_string(a->study->variants[i].name));
  return list;
}

static json_t *kind_json(const dslt_ablation *a, int i) {
  const dslt_network_kind *kind = kind_at(a, i);
  json_t *paper =
      json_pack("{s:o, s:o, s:o}", "precision20", dslt_json_number(kind->paper_precision), "success50",
                dslt_json_number(kind->paper_success), "fps", dslt_json_number(kind->paper_fps));
  return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", kind->name, "what", kind->what,
                   "variants", members_json(a, i), "precision20", spread_json(spread_of(a, i, PRECISION)),
                   "auc", spread_json(spread_of(a, i, AUC)), "success50",
                   spread_json(spread_of(a, i, SUCCESS)), "fps", spread_json(spread_of(a, i, FPS)), "gains",
                   gains_json(a, i), "paper", paper);
}

static json_t *attribute_json(const dslt_ablation *a, int attribute, int sequences) {
  json_t *auc = json_object(), *precision = json_object();
  for (int i = 0; auc && precision && i < a->study->networks->kinds->count; i++) {
    double mean;
    attribute_of(&mean, a, i, attribute, AUC);
    json_object_set_new(auc, kind_at(a, i)->name, dslt_json_number(mean));
    attribute_of(&mean, a, i, attribute, PRECISION);
    json_object_set_new(precision, kind_at(a, i)->name, dslt_json_number(mean));
  }
  return json_pack("{s:s, s:s, s:i, s:o, s:o}", "name", a->attribute_list[attribute].name, "words",
                   a->attribute_list[attribute].words, "sequences", sequences, "auc", auc, "precision20",
                   precision);
}

int dslt_networks_describe(json_t *root, const dslt_ablation *a) {
  json_t *networks = json_array(), *attributes = json_array();
  int bad = !networks || !attributes;
  for (int i = 0; !bad && i < a->study->networks->kinds->count; i++)
    bad = json_array_append_new(networks, kind_json(a, i)) != 0;
  for (int k = 0; !bad && k < a->attribute_count; k++) {
    double mean;
    const int sequences = attribute_of(&mean, a, 0, k, AUC);
    if (sequences > 0) bad = json_array_append_new(attributes, attribute_json(a, k, sequences)) != 0;
  }
  bad |= json_object_set_new(root, "networks", networks) != 0;
  bad |= json_object_set_new(root, "attributes", attributes) != 0;
  return bad ? -1 : 0;
}
