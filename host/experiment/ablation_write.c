/* SPDX-License-Identifier: Apache-2.0 */
/* ablation_write.c: the ablation as text, Markdown, JSON and CSV. */
#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "experiment/ablation.h"
#include "experiment/draft.h"
#include "experiment/machine.h"
#include "experiment/networks.h"

/* ---- text and Markdown --------------------------------------------------------------------------- */

typedef struct table_style {
  const char *before, *between, *after; /* of a row's cells */
  int rule;                             /* 1: a Markdown rule under the heads */
} table_style;

static void print_row(FILE *stream, const table_style *style, const dslt_ablation *a, int i) {
  const dslt_variant *variant = &a->study->variants[i];
  const char *s = style->between;
  fprintf(stream, "%s%-8s%s%9.1f%s%5.1f%s%10s%s%10s%s%10.1f%s%9.0f%s%s%s\n", style->before, variant->name, s,
          100 * a->mean[i].precision20, s, 100 * dslt_ablation_second(a, &a->mean[i]), s,
          variant->paper_precision_words, s, variant->paper_score_words, s, a->convergence[i].mean_init_steps,
          s, a->convergence[i].mean_steps, s, variant->what, style->after);
}

static void print_table(FILE *stream, const table_style *style, const dslt_ablation *a, int table) {
  const char *s = style->between;
  fprintf(stream, "%s%-8s%s%9s%s%5s%s%10s%s%10s%s%10s%s%9s%s%s%s\n", style->before,
          a->study->tables[table].head, s, "precision", s, a->study->success ? "OS" : "AUC", s, "paper DP", s,
          a->study->success ? "paper OS" : "paper AUC", s, "init steps", s, "all steps", s, "what it is",
          style->after);
  if (style->rule) fputs("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n", stream);
  for (int i = 0; i < a->study->count; i++)
    if (a->study->variants[i].tables >> table & 1 && !a->left_out[i]) print_row(stream, style, a, i);
}

static void print_notes(FILE *stream, const dslt_ablation *a) {
  if (!a->study->networks)
    fprintf(
        stream,
        "Precision: share of frames with a centre error of at most 20 px; %s; both in per cent, "
        "means over the sequences (one pass, MATLAB's convention). Steps: training steps per sequence, on "
        "the first frame and in all.\n",
        a->study->success ? "OS: share with an overlap above 0.5" : "AUC of the success plot");
  for (int i = 0; i < a->study->count; i++) {
    const char *name = a->study->variants[i].name;
    if (a->left_out[i])
      fprintf(stream, "%s is left out: the weights lack its layers.\n", name);
    else if (a->finished[i] != a->count)
      fprintf(stream, "%s finished %d sequences; only the %d that all variants finished are scored.\n", name,
              a->finished[i], a->count);
  }
  fprintf(stream, "%s\n", a->study->note);
}

static void print_head(FILE *stream, const dslt_ablation *a) {
  fprintf(stream, "%s: %d sequences, %lld frames%s", a->title, a->count, (long long)a->frames,
          a->frames_limit ? "" : "\n");
  if (a->frames_limit) fprintf(stream, " (at most %lld of each)\n", (long long)a->frames_limit);
}

void dslt_ablation_print(FILE *stream, const dslt_ablation *a) {
  static const table_style style = {"", "  ", "", 0};
  print_head(stream, a);
  if (a->study->networks) dslt_networks_print(stream, a, 0);
  for (int i = 0; i < DSLT_STUDY_TABLES_MAX && a->study->tables[i].key; i++) {
    fputc('\n', stream);
    print_table(stream, &style, a, i);
  }
  fputc('\n', stream);
  print_notes(stream, a);
}

static int write_markdown(FILE *stream, const void *ablation) {
  const dslt_ablation *a = ablation;
  static const table_style style = {"| ", " | ", " |", 1};
  fputs("# Ablation\n\n", stream);
  print_head(stream, a);
  if (a->study->networks) dslt_networks_print(stream, a, 1);
  for (int i = 0; i < DSLT_STUDY_TABLES_MAX && a->study->tables[i].key; i++) {
    const char *key = a->study->tables[i].key;
    fprintf(stream, "\n## %c%s\n\n", toupper((unsigned char)key[0]), key + 1);
    print_table(stream, &style, a, i);
  }
  fputc('\n', stream);
  print_notes(stream, a);
  return DSLT_OK;
}

/* ---- CSV ----------------------------------------------------------------------------------------- */

static int write_curves(FILE *stream, const void *ablation) {
  const dslt_ablation *a = ablation;
  fputs("variant,step,mean_loss,relative_loss,running\n", stream);
  for (int i = 0; i < a->study->count; i++) {
    const dslt_convergence *c = &a->convergence[i];
    for (int step = 0; step < c->steps; step++)
      fprintf(stream, "%s,%d,%.9g,%.9g,%d\n", a->study->variants[i].name, step + 1, c->mean[step],
              c->relative[step], c->running[step]);
  }
  return DSLT_OK;
}

static int write_iterations(FILE *stream, const void *ablation) {
  const dslt_ablation *a = ablation;
  fputs("variant,sequence,init_steps,update_steps,updates\n", stream);
  for (int i = 0; i < a->study->count; i++) {
    const dslt_convergence *c = &a->convergence[i];
    for (int k = 0; k < c->count; k++)
      fprintf(stream, "%s,%s,%lld,%lld,%lld\n", a->study->variants[i].name, c->curves[k].name,
              (long long)c->curves[k].init_steps, (long long)c->curves[k].update_steps,
              (long long)c->curves[k].updates);
  }
  return DSLT_OK;
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static json_t *describe_sequences(const dslt_ablation *a, int variant) {
  json_t *sequences = json_object();
  for (int i = 0; sequences && i < a->count; i++) {
    const dslt_ablation_score *score = &a->scores[variant][i];
    json_t *entry = json_pack("{s:o, s:o, s:o}", "precision20", dslt_json_number(score->precision20), "auc",
                              dslt_json_number(score->auc), "success50", dslt_json_number(score->success50));
    const dslt_loss_curve *curve = &a->convergence[variant].curves[i];
    if (entry) {
      json_object_set_new(entry, "init_steps", json_integer(curve->init_steps));
      json_object_set_new(entry, "update_steps", json_integer(curve->update_steps));
      json_object_set_new(entry, "updates", json_integer(curve->updates));
      json_object_set_new(entry, "init_losses", dslt_json_numbers(curve->losses, curve->count));
    }
    dslt_json_set(sequences, a->sequences[i], entry);
  }
  return sequences;
}

/* The variant's options, the paper's numbers and its tables. */
static json_t *describe_origin(const dslt_ablation *a, const dslt_variant *variant) {
  json_t *settings = json_object();
  for (int k = 0; settings && k < DSLT_VARIANT_SETTINGS && variant->settings[k].key; k++)
    json_object_set_new(settings, variant->settings[k].key, json_string(variant->settings[k].value));
  json_t *paper = json_pack("{s:o, s:o, s:s, s:s}", "precision20", dslt_json_number(variant->paper_precision),
                            a->study->success ? "success50" : "auc", dslt_json_number(variant->paper_score),
                            "precision_words", variant->paper_precision_words,
                            a->study->success ? "success50_words" : "auc_words", variant->paper_score_words);
  json_t *out = json_pack("{s:s, s:s, s:o, s:o}", "name", variant->name, "what", variant->what, "settings",
                          settings, "paper", paper);
  if (out && variant->preset) json_object_set_new(out, "preset", json_string(variant->preset));
  for (int k = 0; out && k < DSLT_STUDY_TABLES_MAX && a->study->tables[k].key; k++)
    json_object_set_new(out, a->study->tables[k].key, json_boolean(variant->tables >> k & 1));
  return out;
}

static json_t *describe_variant(const dslt_ablation *a, int i) {
  const dslt_convergence *c = &a->convergence[i];
  json_t *running = json_array();
  for (int k = 0; running && k < c->steps; k++) json_array_append_new(running, json_integer(c->running[k]));
  json_t *curve = json_pack("{s:o, s:o, s:o}", "mean", dslt_json_numbers(c->mean, c->steps), "relative",
                            dslt_json_numbers(c->relative, c->steps), "running", running);
  json_t *scores = json_pack(
      "{s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}", "precision20", dslt_json_number(a->mean[i].precision20),
      "auc", dslt_json_number(a->mean[i].auc), "success50", dslt_json_number(a->mean[i].success50),
      "finished", a->finished[i], "mean_init_steps", dslt_json_number(c->mean_init_steps), "mean_steps",
      dslt_json_number(c->mean_steps), "curve", curve, "sequences", describe_sequences(a, i));
  json_t *out = describe_origin(a, &a->study->variants[i]);
  if (out && scores) json_object_update(out, scores);
  json_decref(scores);
  return out;
}

static json_t *describe(const dslt_ablation *a) {
  json_t *variants = json_array();
  for (int i = 0; variants && i < a->study->count; i++)
    if (!a->left_out[i]) json_array_append_new(variants, describe_variant(a, i));
  json_t *root = json_pack("{s:i, s:s, s:o, s:i, s:i, s:I, s:I, s:s, s:o}", "format", 1, "paper",
                           a->study->paper, "dataset", dslt_json_text(a->title), "sequences", a->count,
                           "planned", a->planned, "frames", (json_int_t)a->frames, "frames_limit",
                           (json_int_t)a->frames_limit, "paper_note", a->study->note, "variants", variants);
  if (!root || !a->study->networks || dslt_networks_describe(root, a) == 0) return root;
  json_decref(root);
  return NULL;
}

/* ---- files --------------------------------------------------------------------------------------- */

static int save_json(const char *out, const char *name, const dslt_ablation *a) {
  char *path = NULL;
  DSLT_TRY(dslt_results_path(&path, out, name));
  json_t *root = describe(a);
  char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
  json_decref(root);
  int rc = text ? dslt_atomic_write(path, text, strlen(text))
                : dslt_fail(DSLT_EMEMORY, "Out of memory while writing %s.", path);
  free(text);
  free(path);
  return rc;
}

int dslt_ablation_save(const dslt_ablation *a, const char *out) {
  DSLT_TRY(save_json(out, "ablation.json", a));
  DSLT_TRY(dslt_results_save(out, "ablation.md", write_markdown, a));
  DSLT_TRY(dslt_results_save(out, "curves.csv", write_curves, a));
  return dslt_results_save(out, "iterations.csv", write_iterations, a);
}
