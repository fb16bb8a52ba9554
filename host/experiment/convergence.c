/* SPDX-License-Identifier: Apache-2.0 */
/* convergence.c: reads the losses of first-frame training and averages them. */
#include "experiment/convergence.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static int no_memory(const char *results) {
  return dslt_fail(DSLT_EMEMORY, "Out of memory while reading the losses of %s.", results);
}

/* ---- reading ------------------------------------------------------------------------------------- */

static int take_numbers(dslt_loss_curve *curve, const json_t *root, const char *path) {
  const json_t *losses = json_object_get(root, "init_losses");
  const json_t *init = json_object_get(root, "init_steps"), *update = json_object_get(root, "update_steps");
  const json_t *updates = json_object_get(root, "updates");
  if (!json_is_array(losses) || !json_is_integer(init) || !json_is_integer(update) ||
      !json_is_integer(updates))
    return dslt_fail(DSLT_EFORMAT, "%s is not a file of losses as dslt run writes it.", path);
  curve->init_steps = json_integer_value(init);
  curve->update_steps = json_integer_value(update);
  curve->updates = json_integer_value(updates);
  size_t count = json_array_size(losses);
  curve->losses = malloc((count + 1) * sizeof *curve->losses);
  if (!curve->losses) return no_memory(path);
  for (size_t i = 0; i < count; i++) {
    const json_t *value = json_array_get(losses, i);
    curve->losses[i] = json_is_number(value) ? json_number_value(value) : NAN;
  }
  curve->count = (int)count;
  return DSLT_OK;
}

static int read_curve(dslt_loss_curve *curve, const char *results, const char *file, const char *name) {
  char *path = NULL;
  curve->name = strdup(name);
  if (!curve->name || asprintf(&path, "%s/%s", results, file) < 0) return no_memory(results);
  json_error_t error;
  json_t *root = json_load_file(path, 0, &error);
  int rc = root ? take_numbers(curve, root, path)
                : dslt_fail(DSLT_EFORMAT, "%s cannot be read: %s.", path, error.text);
  json_decref(root);
  free(path);
  return rc;
}

/* ---- means --------------------------------------------------------------------------------------- */

/* A sequence that has stopped keeps its last value. */
static double loss_at(const dslt_loss_curve *curve, int step) {
  return curve->losses[step < curve->count ? step : curve->count - 1];
}

static int average(dslt_convergence *c, const char *results) {
  for (int i = 0; i < c->count; i++)
    if (c->curves[i].count > c->steps) c->steps = c->curves[i].count;
  size_t steps = (size_t)c->steps;
  c->mean = calloc(steps + 1, sizeof *c->mean);
  c->relative = calloc(steps + 1, sizeof *c->relative);
  c->running = calloc(steps + 1, sizeof *c->running);
  if (!c->mean || !c->relative || !c->running) return no_memory(results);
  for (int step = 0; step < c->steps; step++) {
    int counted = 0;
    for (int i = 0; i < c->count; i++) {
      const dslt_loss_curve *curve = &c->curves[i];
      if (curve->count == 0 || !(curve->losses[0] > 0)) continue;
      c->mean[step] += loss_at(curve, step);
      c->relative[step] += loss_at(curve, step) / curve->losses[0];
      c->running[step] += step < curve->count;
      counted++;
    }
    c->mean[step] = counted ? c->mean[step] / counted : NAN;
    c->relative[step] = counted ? c->relative[step] / counted : NAN;
  }
  for (int i = 0; i < c->count; i++) {
    c->mean_init_steps += (double)c->curves[i].init_steps / c->count;
    c->mean_steps += (double)(c->curves[i].init_steps + c->curves[i].update_steps) / c->count;
  }
  return DSLT_OK;
}

int dslt_convergence_read(dslt_convergence *out, const char *results, const char *const *files,
                          const char *const *names, int count) {
  memset(out, 0, sizeof *out);
  out->curves = calloc((size_t)count + 1, sizeof *out->curves);
  if (!out->curves) return no_memory(results);
  for (int i = 0; i < count; i++) {
    out->count++;
    DSLT_TRY(read_curve(&out->curves[i], results, files[i], names[i]));
  }
  return average(out, results);
}

void dslt_convergence_free(dslt_convergence *c) {
  for (int i = 0; i < c->count; i++) {
    free(c->curves[i].name);
    free(c->curves[i].losses);
  }
  free(c->curves);
  free(c->mean);
  free(c->relative);
  free(c->running);
  memset(c, 0, sizeof *c);
}
