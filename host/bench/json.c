/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: writes a benchmark as JSON; bench/README.md documents the members. */
#include <math.h>

#include "base/json.h"
#include "bench/report.h"
#include "experiment/machine.h"
#include "nn/arch.h"

static json_t *spread(const dslt_spread *s) {
  return json_pack("{s:o, s:o, s:o}", "median", dslt_json_number(s->median), "low", dslt_json_number(s->low),
                   "high", dslt_json_number(s->high));
}

static json_t *figures(const dslt_spread *list) {
  json_t *object = json_object();
  int bad = !object;
  for (int i = 0; i < DSLT_FIGURES; i++)
    bad |= json_object_set_new(object, dslt_figures[i].key, spread(&list[i])) != 0;
  if (!bad) return object;
  json_decref(object);
  return NULL;
}

/* An array of `count` items made by `make`. */
typedef json_t *maker(const dslt_bench_report *report, int index);
static json_t *array_of(maker *make, const dslt_bench_report *report, int count) {
  json_t *array = json_array();
  int bad = !array;
  for (int i = 0; i < count; i++) bad |= json_array_append_new(array, make(report, i)) != 0;
  if (!bad) return array;
  json_decref(array);
  return NULL;
}

/* ---- the parts ----------------------------------------------------------------------------------- */

static json_t *word(const dslt_bench_report *r, int index) { return dslt_json_text(r->request->argv[index]); }

static json_t *tracker(const dslt_bench_report *r) {
  const dslt_options *o = r->request->options;
  int64_t seed = 0;
  (void)dslt_options_get_integer(&seed, o, "seed");
  return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:i, s:I}", "preset", dslt_options_preset(o),
                   "weights", dslt_json_text(r->request->weights), "arch", r->arch, "precision", r->precision,
                   "backend", r->backend, "device", r->device, "library", r->library, "threads", r->threads,
                   "seed", (json_int_t)seed);
}

static json_t *target(const dslt_bench_report *r, int index) {
  const dslt_bench_target_line *t = &r->targets[index];
  return json_pack("{s:o, s:i, s:i, s:i, s:i, s:o, s:o, s:o}", "name", dslt_json_text(t->name), "width",
                   t->width, "height", t->height, "frames", t->frames, "lost", t->lost, "fps",
                   spread(&t->fps), "ms_p95", spread(&t->p95), "init_ms", spread(&t->init));
}

static json_t *stage(const dslt_bench_report *r, int index) {
  const dslt_stage_reach s = dslt_bench_reach(r, index);
  json_t *bound = isnan(s.floor_ms) ? json_null() : json_string(s.computes ? "arithmetic" : "memory");
  return json_pack("{s:s, s:o, s:o, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "name", dslt_stage_words[index],
                   "ms", spread(&r->figure[DSLT_FIGURE_STAGE + index]), "share", dslt_json_number(s.share),
                   "gflop", 1e-9 * r->work[index].flop, "megabytes", 1e-6 * r->work[index].bytes,
                   "gflop_per_s", dslt_json_number(1e-9 * s.flops), "gb_per_s",
                   dslt_json_number(1e-9 * s.bandwidth), "bound", bound, "floor_ms",
                   dslt_json_number(s.floor_ms), "reached", dslt_json_number(s.reached));
}

static json_t *layers(const dslt_bench_compare *c) {
  json_t *array = json_array();
  int bad = !array;
  for (int i = 0; i < c->layers; i++)
    bad |= json_array_append_new(array, json_pack("{s:s, s:f, s:f, s:s}", "name", dslt_vgg_layers[i].caffe,
                                                  "best_ms", c->layer[i].ms, "gflop", 1e-9 * c->layer_flop[i],
                                                  "how", c->layer[i].how)) != 0;
  if (!bad) return array;
  json_decref(array);
  return NULL;
}

static json_t *backbone(const dslt_bench_report *r, int index) {
  const dslt_bench_compare *c = &r->ceiling.compare[index];
  return json_pack("{s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:o}", "batch", c->batch, "height", c->height,
                   "width", c->width, "run_ms", c->run_ms, "best_ms", c->best_ms, "share_of_best",
                   c->best_ms / c->run_ms, "gflop", 1e-9 * c->flop, "layers", layers(c));
}

static json_t *ceiling(const dslt_bench_report *r) {
  const dslt_bench_ceiling *c = &r->ceiling;
  if (!c->measured) return json_pack("{s:o, s:s}", "gflop_per_s_f32", json_null(), "why", c->words);
  return json_pack("{s:f, s:o, s:f, s:f, s:i, s:s}", "gflop_per_s_f32", 1e-9 * c->cpu.flops_f32,
                   "gflop_per_s_bf16",
                   dslt_json_number(c->cpu.flops_bf16 > 0 ? 1e-9 * c->cpu.flops_bf16 : NAN), "gb_per_s",
                   1e-9 * c->cpu.bandwidth, "triad_megabytes", 1e-6 * c->cpu.triad_bytes, "threads",
                   c->cpu.threads, "how", c->cpu.how);
}

static json_t *paper(const dslt_bench_report *r) {
  json_t *object = json_pack("{s:f, s:s}", "paper_fps", DSLT_PAPER_FPS, "words", dslt_paper_words);
  int bad = !object;
  for (int i = DSLT_FIGURE_FPS; i <= DSLT_FIGURE_FPS_ALL; i++)
    bad |= json_object_set_new(
               object, dslt_figures[i].key,
               json_pack("{s:o, s:s}", "ratio", dslt_json_number(r->figure[i].median / DSLT_PAPER_FPS),
                         "includes", dslt_bench_includes(i))) != 0;
  if (!bad) return object;
  json_decref(object);
  return NULL;
}

static json_t *point(const dslt_bench_report *r, int index) {
  const dslt_bench_point *p = &r->points[index];
  json_t *object = json_pack("{s:f, s:i, s:i}", "value", p->value, "width", p->width, "height", p->height);
  int bad = !object;
  if (r->request->sweep == DSLT_SWEEP_TARGETS)
    bad |= json_object_set_new(object, "ms_further", dslt_json_number(dslt_bench_ms_further(r, index))) != 0;
  bad |= json_object_set_new(object, "figures", figures(p->figure)) != 0;
  if (!bad) return object;
  json_decref(object);
  return NULL;
}

/* ---- all ----------------------------------------------------------------------------------------- */

static int fill_plain(json_t *root, const dslt_bench_report *r) {
  int bad = json_object_set_new(root, "targets", array_of(target, r, r->target_count));
  bad |= json_object_set_new(root, "figures", figures(r->figure));
  bad |= json_object_set_new(root, "stages", array_of(stage, r, DSLT_STAGE_COUNT));
  bad |= json_object_set_new(root, "ceiling", ceiling(r));
  bad |= json_object_set_new(root, "backbone", array_of(backbone, r, r->ceiling.compares));
  if (r->request->compare_paper) bad |= json_object_set_new(root, "paper", paper(r));
  return bad;
}

json_t *dslt_bench_json(const dslt_bench_report *r) {
  const dslt_bench_request *c = r->request;
  json_t *root = json_object();
  int bad = json_object_set_new(root, "program", json_string("dslt bench"));
  bad |= json_object_set_new(root, "version", json_string(dslt_version()));
  bad |= json_object_set_new(root, "date", json_string(r->date));
  bad |= json_object_set_new(root, "command", array_of(word, r, c->argc));
  bad |= json_object_set_new(root, "machine", dslt_machine_describe());
  bad |= json_object_set_new(root, "tracker", tracker(r));
  bad |= json_object_set_new(root, "repeat", json_integer(c->repeat));
  bad |= json_object_set_new(root, "other_work", dslt_json_number(r->others));
  bad |= json_object_set_new(root, "energy", json_string(r->energy.words));
  if (r->points) {
    bad |= json_object_set_new(root, "sweep", json_string(dslt_bench_sweep_name(c->sweep)));
    bad |= json_object_set_new(root, "points", array_of(point, r, r->point_count));
  } else {
    bad |= fill_plain(root, r);
  }
  if (!bad) return root;
  json_decref(root);
  return NULL;
}
