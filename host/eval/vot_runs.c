/* SPDX-License-Identifier: Apache-2.0 */
/* vot_runs.c: a tracker's folder of VOT results as series of overlaps. */
#include "eval/vot_runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* ---- checks and means ---------------------------------------------------------------------------- */

/* A run begins with an initialisation and stops at a failure until the next one. */
static int check_kinds(const dslt_vot_series *series) {
  int running = 0;
  for (int i = 0; i < series->frames; i++) {
    const dslt_vot_kind kind = series->kinds[i];
    if (i == 0 && kind != DSLT_VOT_INIT)
      return dslt_fail(DSLT_EFORMAT, "The run does not begin with an initialisation (code 1).");
    if (kind == DSLT_VOT_INIT && running)
      return dslt_fail(DSLT_EFORMAT, "Frame %d is an initialisation (code 1) without a failure before it.",
                       i + 1);
    if (kind == DSLT_VOT_FAILED && !running)
      return dslt_fail(DSLT_EFORMAT, "Frame %d is a failure (code 2) of a tracker that was not running.",
                       i + 1);
    if (dslt_vot_is_region(kind) && !running)
      return dslt_fail(DSLT_EFORMAT, "Frame %d has a region, yet the tracker was not initialised again.",
                       i + 1);
    if (dslt_vot_is_region(kind) &&
        !(isfinite(series->accuracy_overlap[i]) && isfinite(series->eao_overlap[i])))
      return dslt_fail(DSLT_EARGUMENT, "The overlap of frame %d is not a finite number.", i + 1);
    if (kind == DSLT_VOT_INIT) running = 1;
    if (kind == DSLT_VOT_FAILED) running = 0;
  }
  return DSLT_OK;
}

int dslt_vot_series_check(const dslt_vot_series *series, int count, const int *lengths, int sequences,
                          const dslt_vot_rules *rules) {
  if (!series || count < 1 || !lengths || sequences < 1 || !rules)
    return dslt_fail(DSLT_EARGUMENT, "There are no VOT results to measure.");
  if (rules->burn_in < 0 || rules->eao_low < 1 || rules->eao_high < rules->eao_low ||
      !(rules->sensitivity > 0))
    return dslt_fail(DSLT_EARGUMENT, "The rules for VOT's measures are out of range.");
  for (int s = 0; s < sequences; s++) {
    int runs = 0;
    for (int i = 0; i < count; i++) runs += series[i].sequence == s;
    if (runs == 0 || lengths[s] < 1)
      return dslt_fail(DSLT_EARGUMENT, "Sequence %d has no run or no frames.", s);
  }
  for (int i = 0; i < count; i++) {
    const dslt_vot_series *one = &series[i];
    if (one->sequence < 0 || one->sequence >= sequences || one->frames != lengths[one->sequence] ||
        !one->kinds || !one->accuracy_overlap || !one->eao_overlap)
      return dslt_fail(DSLT_EARGUMENT, "Run %d does not fit its sequence.", i);
    DSLT_TRY(check_kinds(one));
  }
  return DSLT_OK;
}

void dslt_vot_frame_means(double *mean, const dslt_vot_series *series, int count, int sequence, int frames,
                          const dslt_vot_rules *rules) {
  for (int f = 0; f < frames; f++) {
    double sum = 0;
    int scored = 0;
    for (int i = 0; i < count; i++) {
      if (series[i].sequence != sequence || !dslt_vot_is_region(series[i].kinds[f])) continue;
      int fresh = 0;
      for (int back = 0; back < rules->burn_in && back <= f && !fresh; back++)
        fresh = series[i].kinds[f - back] == DSLT_VOT_INIT;
      if (fresh) continue;
      sum += series[i].accuracy_overlap[f];
      scored++;
    }
    mean[f] = scored ? sum / scored : NAN;
  }
}

/* ---- one file ------------------------------------------------------------------------------------ */

static void free_series(dslt_vot_series *one) {
  if (one->eao_overlap != one->accuracy_overlap) free((void *)one->eao_overlap);
  free((void *)one->accuracy_overlap);
  free((void *)one->kinds);
  *one = (dslt_vot_series){.sequence = one->sequence};
}

static double *overlaps(const dslt_vot_regions *results, const dslt_vot_sequence *sequence, int for_accuracy,
                        dslt_vot_convention convention) {
  double *out = malloc((size_t)results->count * sizeof *out);
  const dslt_vot_frame frame = dslt_vot_frame_of(sequence->width, sequence->height, convention, for_accuracy);
  for (int i = 0; out && i < results->count; i++)
    out[i] = dslt_vot_overlap(&results->at[i], &sequence->truth[i], frame, convention);
  return out;
}

static int series_of(dslt_vot_series *out, const dslt_vot_regions *results, const dslt_vot_sequence *sequence,
                     int index, dslt_vot_convention convention) {
  dslt_vot_kind *kinds = malloc((size_t)results->count * sizeof *kinds);
  dslt_vot_series one = {.sequence = index, .frames = results->count, .kinds = kinds};
  one.accuracy_overlap = overlaps(results, sequence, 1, convention);
  one.eao_overlap = convention == DSLT_VOT_MATLAB && sequence->width > 0
                        ? overlaps(results, sequence, 0, convention)
                        : one.accuracy_overlap;
  if (!kinds || !one.accuracy_overlap || !one.eao_overlap) {
    free_series(&one);
    return dslt_fail(DSLT_EMEMORY, "Out of memory for the overlaps of %s.", sequence->name);
  }
  for (int i = 0; i < results->count; i++) kinds[i] = results->at[i].kind;
  *out = one;
  return DSLT_OK;
}

/* *found: the file exists. */
static int load_file(dslt_vot_series *out, int *found, const char *folder, const char *experiment,
                     int repetition, const dslt_vot_sequence *sequence, int index,
                     dslt_vot_convention convention) {
  char *path = NULL;
  DSLT_TRY(dslt_vot_result_path(&path, folder, experiment, sequence->name, repetition));
  *found = access(path, F_OK) == 0;
  dslt_vot_regions results = {NULL, 0};
  int rc = DSLT_OK;
  if (!*found) goto done;
  DSLT_TRY_OR_DONE(dslt_vot_regions_read(&results, path));
  if (results.count != sequence->frames)
    DSLT_TRY_OR_DONE(dslt_fail(DSLT_EFORMAT,
                               "%s holds %d frames, the ground truth of %s %d: both must have the same.",
                               path, results.count, sequence->name, sequence->frames));
  DSLT_TRY_OR_DONE(series_of(out, &results, sequence, index, convention));
  if ((rc = check_kinds(out)) < 0) {
    dslt_fail_prefix(rc, path);
    free_series(out);
  }
done:
  dslt_vot_regions_free(&results);
  free(path);
  return rc;
}

/* ---- one sequence -------------------------------------------------------------------------------- */

static int append(dslt_vot_load *load, const dslt_vot_series *one) {
  if (load->count == load->capacity) {
    int larger = load->capacity ? load->capacity * 2 : 64;
    dslt_vot_series *grown = realloc(load->series, (size_t)larger * sizeof *grown);
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory after %d VOT runs.", load->count);
    load->series = grown;
    load->capacity = larger;
  }
  load->series[load->count++] = *one;
  return DSLT_OK;
}

static void load_times(dslt_vot_load *load, const char *folder, const dslt_vot_sequence *sequence) {
  char *path = NULL;
  double *seconds = NULL;
  int frames = 0, runs = 0;
  if (dslt_vot_result_path(&path, folder, "baseline", sequence->name, 0) < 0) return;
  if (access(path, F_OK) == 0 && dslt_vot_times_read(&seconds, &frames, &runs, path) == DSLT_OK) {
    for (size_t i = 0; i < (size_t)frames * (size_t)runs; i++) {
      if (!(seconds[i] > 0)) continue; /* not run, or not measured */
      load->seconds += seconds[i];
      load->timed++;
    }
  }
  free(seconds);
  free(path);
}

static int load_runs(dslt_vot_load *load, const char *folder, const dslt_vot_sequence *sequence,
                     const dslt_vot_rules *rules) {
  const int index = load->sequences;
  int found = 0;
  for (int repetition = 1; repetition <= rules->repetitions; repetition++) {
    dslt_vot_series one;
    DSLT_TRY(load_file(&one, &found, folder, "baseline", repetition, sequence, index, rules->convention));
    if (!found) continue;
    int rc = append(load, &one);
    if (rc < 0) {
      free_series(&one);
      return rc;
    }
  }
  return DSLT_OK;
}

/* The sequence's no-reset run; *found: there is one. */
static int load_no_reset(dslt_vot_load *load, int *found, const char *folder,
                         const dslt_vot_sequence *sequence, const dslt_vot_rules *rules) {
  const int index = load->sequences;
  return load_file(&load->no_reset[index], found, folder, "unsupervised", 1, sequence, index,
                   rules->convention);
}

static int load_sequence(dslt_vot_load *load, const char *folder, const dslt_vot_sequence *sequence,
                         const dslt_vot_rules *rules) {
  const int index = load->sequences, before = load->count;
  int found = 0;
  if (!load->unsupervised) DSLT_TRY(load_runs(load, folder, sequence, rules));
  if (load->unsupervised || load->count > before)
    DSLT_TRY(load_no_reset(load, &found, folder, sequence, rules));
  if (load->unsupervised ? !found : load->count == before) {
    load->missing++;
    return DSLT_OK;
  }
  load->lengths[index] = sequence->frames;
  load->names[index] = sequence->name;
  load->sequences++;
  if (!load->unsupervised) load_times(load, folder, sequence);
  return DSLT_OK;
}

/* Drop what was loaded of the sequence that comes next, and keep the last error's sentence. */
static int refuse_sequence(dslt_vot_load *load, int before, const dslt_vot_sequence *sequence) {
  char *note = NULL;
  const char *older = load->note ? load->note : "";
  const int length =
      asprintf(&note, "%s%s%s: %s", older, older[0] ? "\n" : "", sequence->name, dslt_last_error());
  if (length < 0) return dslt_fail(DSLT_EMEMORY, "Out of memory for a sentence.");
  free(load->note);
  load->note = note;
  load->refused++;
  while (load->count > before) free_series(&load->series[--load->count]);
  free_series(&load->no_reset[load->sequences]);
  return DSLT_OK;
}

/* ---- the folder ---------------------------------------------------------------------------------- */

static int check_sequences(const dslt_vot_sequence *sequences, int count) {
  for (int s = 0; s < count; s++) {
    if (!sequences[s].name || !sequences[s].truth || sequences[s].frames < 1)
      return dslt_fail(DSLT_EARGUMENT, "Sequence %d has no name or no ground truth.", s);
    for (int i = 0; i < sequences[s].frames; i++)
      if (!dslt_vot_is_region(sequences[s].truth[i].kind))
        return dslt_fail(DSLT_EFORMAT,
                         "Frame %d of %s has no ground truth: VOT needs a region in every frame.", i,
                         sequences[s].name);
  }
  return DSLT_OK;
}

/* The first few names, so that the sentence stays readable. */
static int fail_missing(const dslt_vot_load *load, const char *folder, const dslt_vot_sequence *sequences,
                        int count) {
  char names[240] = "";
  size_t used = 0;
  int next = 0;
  for (int s = 0; s < count; s++) {
    if (next < load->sequences && load->names[next] == sequences[s].name) {
      next++;
      continue;
    }
    int room = snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", sequences[s].name);
    if (room < 0 || used + (size_t)room > sizeof names - 8) {
      memcpy(names + used, used ? ", ..." : "...", used ? 6 : 4);
      break;
    }
    used += (size_t)room;
  }
  return dslt_fail(
      DSLT_EIO,
      "%s has no results of %d of %d sequences (%s), neither in baseline nor in unsupervised: run the "
      "tracker on them, or allow missing ones.",
      folder, load->missing, count, names);
}

static int load_all(dslt_vot_load *load, const char *folder, const dslt_vot_sequence *sequences, int count,
                    int allow, const dslt_vot_rules *rules) {
  for (int s = 0; s < count; s++) {
    const int before = load->count;
    int rc = load_sequence(load, folder, &sequences[s], rules);
    if (rc < 0 && rc != DSLT_EMEMORY && (allow & DSLT_VOT_ALLOW_UNUSABLE))
      rc = refuse_sequence(load, before, &sequences[s]);
    DSLT_TRY(rc);
  }
  return DSLT_OK;
}

static int load_either(dslt_vot_load *load, const char *folder, const dslt_vot_sequence *sequences, int count,
                       int allow, const dslt_vot_rules *rules) {
  DSLT_TRY(load_all(load, folder, sequences, count, allow, rules));
  if (load->sequences == 0 && load->refused == 0) { /* perhaps only the runs without resets were made */
    load->unsupervised = 1;
    load->missing = 0;
    DSLT_TRY(load_all(load, folder, sequences, count, allow, rules));
  }
  if (load->sequences == 0 && load->refused > 0) return dslt_fail(DSLT_EFORMAT, "%s", load->note);
  if (load->missing && (!(allow & DSLT_VOT_ALLOW_MISSING) || load->sequences == 0))
    return fail_missing(load, folder, sequences, count);
  return DSLT_OK;
}

int dslt_vot_load_folder(dslt_vot_load *out, const char *folder, const dslt_vot_sequence *sequences,
                         int count, int allow, const dslt_vot_rules *rules) {
  if (!out || !folder || !folder[0] || !sequences || count < 1 || !rules)
    return dslt_fail(DSLT_EARGUMENT, "VOT results need a folder and at least one sequence.");
  DSLT_TRY(check_sequences(sequences, count));
  dslt_vot_load load = {.no_reset = calloc((size_t)count, sizeof *load.no_reset),
                        .lengths = calloc((size_t)count, sizeof *load.lengths),
                        .names = calloc((size_t)count, sizeof *load.names)};
  int rc = load.no_reset && load.lengths && load.names
               ? load_either(&load, folder, sequences, count, allow, rules)
               : dslt_fail(DSLT_EMEMORY, "Out of memory for %d sequences.", count);
  if (rc < 0)
    dslt_vot_load_free(&load);
  else
    *out = load;
  return rc;
}

void dslt_vot_load_free(dslt_vot_load *load) {
  if (!load) return;
  for (int i = 0; i < load->count; i++) free_series(&load->series[i]);
  for (int s = 0; load->no_reset && s < load->sequences; s++) free_series(&load->no_reset[s]);
  free(load->series);
  free(load->no_reset);
  free(load->lengths);
  free(load->names);
  free(load->note);
  *load = (dslt_vot_load){0};
}
