/* SPDX-License-Identifier: Apache-2.0 */
/* track_summary.c: the summary of a run, as text and as JSON. */
#include "report/track_summary.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"

static const char *const stage_names[DSLT_STAGE_COUNT] = {"crop",   "backbone", "head",
                                                          "locate", "store",    "update"};

/* Frame `frame`, counted from 0 as in the files of boxes, is lost. */
static void add_lost(dslt_track_figures *f, int64_t frame) {
  const int64_t last = f->lost_spans - 1;
  f->lost++;
  if (f->lost_spans > 0 && f->lost_end == frame - 1) {
    if (last < DSLT_LOST_SPANS) f->lost_first[last][1] = frame;
  } else {
    if (f->lost_spans < DSLT_LOST_SPANS)
      f->lost_first[f->lost_spans][0] = f->lost_first[f->lost_spans][1] = frame;
    f->lost_spans++;
  }
  f->lost_end = frame;
}

void dslt_track_report_add(dslt_track_report *report, const dslt_result *results, double seconds) {
  report->updates++;
  report->update_seconds += seconds;
  for (int k = 0; k < report->targets; k++) {
    if (results[k].lost) add_lost(&report->target[k], report->updates);
    for (int i = 0; i < DSLT_STAGE_COUNT; i++) report->stage_ms[i] += results[k].stage_ms[i];
  }
}

static double rate(int64_t count, double seconds) { return seconds > 0 ? (double)count / seconds : 0; }

static double fps(const dslt_track_report *r) { return rate(r->updates, r->update_seconds); }
static double fps_with_init(const dslt_track_report *r) {
  return rate(r->frames, r->init_seconds + r->update_seconds);
}
static double fps_with_decode(const dslt_track_report *r) { return rate(r->frames, r->loop_seconds); }
static double mean_stage_ms(const dslt_track_report *r, int stage) {
  return r->updates ? r->stage_ms[stage] / (double)r->updates : 0;
}

/* Largest resident size so far, MiB; Linux counts in KiB. */
static double peak_memory(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / 1024 : 0;
}

static void print_scores(FILE *stream, const dslt_track_figures *f, int64_t frames) {
  if (!f->scored) return;
  if (f->truth_count != frames)
    fprintf(stream, "ground truth covers %d frames, %lld were tracked: the first %d of both are scored\n",
            f->truth_count, (long long)frames, f->ope.frames);
  if (f->ope.invalid)
    fprintf(stream,
            "%d frames have no valid ground truth: a miss in AUC, a hit in precision, as in OTB's toolkit\n",
            f->ope.invalid);
  fprintf(stream, "mean overlap %.4f, AUC %.4f, precision at 20 px %.4f\n", f->ope.mean_overlap, f->ope.auc,
          f->ope.precision20);
}

/* "lost in 9 frames (5-7, 20, 30-34)" */
static void print_lost(FILE *stream, const dslt_track_figures *f) {
  fprintf(stream, ", lost in %lld frames", (long long)f->lost);
  for (int64_t i = 0; i < f->lost_spans && i < DSLT_LOST_SPANS; i++) {
    const long long first = (long long)f->lost_first[i][0], last = (long long)f->lost_first[i][1];
    fprintf(stream, "%s%lld", i ? ", " : " (", first);
    if (last > first) fprintf(stream, "-%lld", last);
  }
  if (f->lost_spans > 0) fputs(f->lost_spans > DSLT_LOST_SPANS ? " ...)" : ")", stream);
}

/* The end of the sentence about the machine; for one target it includes the frames in which it was lost. */
static void print_machine(FILE *stream, const dslt_track_report *r) {
  int64_t seed = 0;
  (void)dslt_options_get_integer(&seed, r->options, "seed");
  fprintf(stream, "backend %s, preset %s, seed %lld, peak memory %.0f MiB", r->backend,
          dslt_options_preset(r->options), (long long)seed, peak_memory());
  if (r->targets == 1) print_lost(stream, r->target);
  fputc('\n', stream);
}

static void print_first_frame(FILE *stream, const dslt_track_report *r) {
  double ms = 1e3 * r->init_seconds;
  if (r->targets == 1) {
    fprintf(stream, "\nfirst frame: %d steps in %.0f ms, loss %.6g\n", r->target[0].init_steps, ms,
            r->target[0].init_loss);
    return;
  }
  int steps = 0;
  for (int k = 0; k < r->targets; k++) steps += r->target[k].init_steps;
  fprintf(stream, "\nfirst frame: %d targets, %d steps in %.0f ms\n", r->targets, steps, ms);
}

static double latency(const dslt_track_report *r, double percent) {
  return dslt_stats_percentile(r->latency_ms.values, r->latency_ms.count, percent);
}

void dslt_track_report_sort(dslt_track_report *report) {
  dslt_stats_sort(report->latency_ms.values, report->latency_ms.count);
}

static void print_live(FILE *stream, const dslt_track_report *r) {
  if (!r->live) return;
  fprintf(stream, "live: %lld frames dropped", (long long)r->dropped);
  if (r->latency_ms.count)
    fprintf(stream, ", latency %.1f ms (95 per cent below %.1f, largest %.1f)", latency(r, 50),
            latency(r, 95), latency(r, 100));
  fputc('\n', stream);
}

void dslt_track_report_print(FILE *stream, const dslt_track_report *report) {
  fprintf(stream,
          "%lld frames: %.2f fps tracking, %.2f fps with first-frame training, %.2f fps with decoding\n",
          (long long)report->frames, fps(report), fps_with_init(report), fps_with_decode(report));
  fputs("ms per frame:", stream);
  for (int i = 0; i < DSLT_STAGE_COUNT; i++)
    fprintf(stream, "%s %s %.2f", i ? "," : "", stage_names[i], mean_stage_ms(report, i));
  print_first_frame(stream, report);
  print_live(stream, report);
  print_machine(stream, report);
  for (int k = 0; k < report->targets; k++) {
    const dslt_track_figures *f = &report->target[k];
    if (report->targets > 1) {
      fprintf(stream, "target %d: %d steps, loss %.6g", k + 1, f->init_steps, f->init_loss);
      print_lost(stream, f);
      fputc('\n', stream);
    }
    print_scores(stream, f, report->frames);
  }
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static int fill_run(json_t *root, const dslt_track_report *report) {
  const dslt_options *options = report->options;
  int64_t threads = 0, seed = 0;
  (void)dslt_options_get_integer(&threads, options, "threads");
  (void)dslt_options_get_integer(&seed, options, "seed");
  int bad = json_object_set_new(root, "version", json_string(dslt_version()));
  bad |= json_object_set_new(root, "backend", json_string(report->backend));
  bad |= json_object_set_new(root, "preset", json_string(dslt_options_preset(options)));
  bad |= json_object_set_new(root, "precision", json_string(report->precision));
  bad |= json_object_set_new(root, "threads", json_integer(threads));
  /* A file name need not be UTF-8, but JSON must be. */
  json_t *weights = json_string(report->weights);
  bad |= json_object_set_new(root, "weights", weights ? weights : json_null());
  bad |= json_object_set_new(root, "seed", json_integer(seed));
  bad |= json_object_set_new(root, "frames", json_integer(report->frames));
  bad |= json_object_set_new(root, "damaged_spots", json_integer(report->damaged));
  return bad;
}

static json_t *lost_json(const dslt_track_figures *f) {
  json_t *list = json_array();
  for (int64_t i = 0; list && i < f->lost_spans && i < DSLT_LOST_SPANS; i++)
    json_array_append_new(
        list, json_pack("[I, I]", (json_int_t)f->lost_first[i][0], (json_int_t)f->lost_first[i][1]));
  return list;
}

/* What channel attention made of the first frame's target. */
static int fill_channels(json_t *out, const dslt_track_figures *f) {
  dslt_channel_weights block;
  json_t *list = NULL;
  for (int i = 0; f->group && dslt_group_init_channels(&block, f->group, f->member, i) == DSLT_OK; i++) {
    if (!list) list = json_array();
    json_array_append_new(list, json_pack("{s:o, s:o}", "layer", dslt_json_text(block.layer), "weights",
                                          dslt_json_floats(block.values, block.count)));
  }
  return list ? json_object_set_new(out, "init_channels", list) : 0;
}

static int fill_figures(json_t *out, const dslt_track_figures *f) {
  int bad = json_object_set_new(out, "lost_frames", json_integer(f->lost));
  bad |= json_object_set_new(out, "lost_spans", json_integer(f->lost_spans));
  bad |= json_object_set_new(out, "first_lost", lost_json(f));
  bad |= json_object_set_new(out, "init_steps", json_integer(f->init_steps));
  bad |= json_object_set_new(out, "init_loss", dslt_json_number(f->init_loss));
  bad |= fill_channels(out, f);
  if (!f->scored) return bad;
  bad |= json_object_set_new(out, "scored_frames", json_integer(f->ope.frames));
  bad |= json_object_set_new(out, "truth_frames", json_integer(f->truth_count));
  bad |= json_object_set_new(out, "invalid_truth", json_integer(f->ope.invalid));
  bad |= json_object_set_new(out, "mean_overlap", dslt_json_number(f->ope.mean_overlap));
  bad |= json_object_set_new(out, "auc", dslt_json_number(f->ope.auc));
  bad |= json_object_set_new(out, "precision20", dslt_json_number(f->ope.precision20));
  return bad;
}

/* One target's figures are members of the run's object, several targets' are a list. */
static int fill_targets(json_t *root, const dslt_track_report *report) {
  if (report->targets == 1) return fill_figures(root, report->target);
  json_t *list = json_array();
  int bad = 0;
  for (int k = 0; k < report->targets; k++) {
    json_t *one = json_pack("{s:i}", "target", k + 1);
    bad |= fill_figures(one, &report->target[k]);
    bad |= json_array_append_new(list, one);
  }
  return json_object_set_new(root, "targets", list) | bad;
}

static int fill_times(json_t *root, const dslt_track_report *report) {
  int bad = json_object_set_new(root, "fps", dslt_json_number(fps(report)));
  bad |= json_object_set_new(root, "fps_with_init", dslt_json_number(fps_with_init(report)));
  bad |= json_object_set_new(root, "fps_with_decode", dslt_json_number(fps_with_decode(report)));
  bad |= json_object_set_new(root, "init_ms", dslt_json_number(1e3 * report->init_seconds));
  json_t *stages = json_object();
  for (int i = 0; i < DSLT_STAGE_COUNT; i++)
    bad |= json_object_set_new(stages, stage_names[i], dslt_json_number(mean_stage_ms(report, i)));
  bad |= json_object_set_new(root, "ms_per_stage", stages);
  bad |= json_object_set_new(root, "peak_memory_mib", dslt_json_number(peak_memory()));
  return bad;
}

static int fill_live(json_t *root, const dslt_track_report *r) {
  if (!r->live) return 0;
  json_t *live = json_object();
  int bad = json_object_set_new(live, "dropped", json_integer(r->dropped));
  bad |= json_object_set_new(live, "latency_ms", dslt_json_number(latency(r, 50)));
  bad |= json_object_set_new(live, "latency_ms_95", dslt_json_number(latency(r, 95)));
  bad |= json_object_set_new(live, "latency_ms_most", dslt_json_number(latency(r, 100)));
  return json_object_set_new(root, "live", live) | bad;
}

int dslt_track_report_save(const dslt_track_report *report, const char *path) {
  json_t *root = json_object();
  int bad = fill_run(root, report);
  bad |= fill_targets(root, report);
  bad |= fill_times(root, report);
  bad |= fill_live(root, report);
  char *text = bad ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  json_decref(root);
  if (!text) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing %s.", path);
  dslt_atomic_file file = {0};
  int rc = dslt_atomic_open(&file, path);
  if (rc == DSLT_OK) {
    fprintf(file.stream, "%s\n", text);
    rc = dslt_atomic_commit(&file);
  }
  free(text);
  return rc;
}
