/* SPDX-License-Identifier: Apache-2.0 */
/* roofline.c: counts a frame and sets it beside what GPUs can do. */
#include "bench/roofline.h"

#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "bench/input.h"
#include "nn/weights.h"
#include "tracker/group.h"
#include "tracker/type.h"

/* ---- floors -------------------------------------------------------------------------------------- */

static dslt_roofline_part part_of(const dslt_work *work, double flops, double bandwidth, int nodes) {
  dslt_roofline_part out = {.work = *work, .nodes = nodes};
  const double seconds[] = {0.0, work->flop / flops, work->bytes / bandwidth,
                            nodes > 0 ? nodes * dslt_gpu_node_seconds : 0.0};
  for (int i = DSLT_BOUND_ARITHMETIC; i <= DSLT_BOUND_NODES; i++)
    if (seconds[i] > out.floor_s) {
      out.floor_s = seconds[i];
      out.bound = (dslt_roofline_bound)i;
    }
  return out;
}

int dslt_roofline_make(dslt_roofline *out, const dslt_gpu *gpu, dslt_precision precision,
                       const dslt_work work[DSLT_STAGE_COUNT], const dslt_graph_nodes *nodes) {
  const double backbone = dslt_gpu_flops(gpu, precision);
  if (!(backbone > 0))
    return dslt_fail(DSLT_EUNSUPPORTED, "%s has no %s arithmetic; use --precision f32.", gpu->name,
                     dslt_gpu_precision_name(precision));
  /* Save in float32, the head's products may run in TF32. */
  const double others =
      dslt_gpu_flops(gpu, precision == DSLT_PRECISION_F32 ? precision : DSLT_PRECISION_TF32);
  const dslt_work nothing = {0};
  *out = (dslt_roofline){.gpu = gpu, .precision = precision, .nodes = nodes ? 0 : -1};
  for (int i = 0; i < DSLT_NODES_PARTS; i++) {
    const int run = nodes ? nodes->all[i] - nodes->spared[i] : -1;
    out->part[i] = part_of(i < DSLT_STAGE_COUNT ? &work[i] : &nothing,
                           i == DSLT_STAGE_BACKBONE ? backbone : others, gpu->bandwidth, run);
    out->floor_s += out->part[i].floor_s;
    if (nodes) out->nodes += nodes->all[i];
  }
  return DSLT_OK;
}

/* ---- counting ------------------------------------------------------------------------------------ */

typedef struct counting {
  const dslt_bench_request *request;
  dslt_options *options; /* as asked for, but on the CPU and quick */
  dslt_weights *weights;
  dslt_bench_items items;
  dslt_bench_feed *feed;
  dslt_group *group;
  const dslt_graph_nodes *nodes; /* NULL: not known */
  int width, height;
} counting;

/* Sets one of the tracker's own options, if it has that one. */
static void set_quick(dslt_options *options, const char *name, const char *value) {
  int64_t before;
  if (dslt_options_get_integer(&before, options, name) == DSLT_OK)
    (void)dslt_options_set(options, name, value);
}

static int learn_first(counting *c) {
  dslt_image frame;
  DSLT_TRY(dslt_bench_feed_open(&c->feed, &c->items.list[0], 1));
  const int rc = dslt_bench_feed_next(&frame, c->feed);
  if (rc <= 0) return rc < 0 ? rc : dslt_fail(DSLT_EFORMAT, "%s has no frame.", c->items.list[0].name);
  c->width = frame.width, c->height = frame.height;
  DSLT_TRY(dslt_options_set(c->options, "backend", "cpu"));
  DSLT_TRY(dslt_options_set(c->options, "precision", "f32"));
  set_quick(c->options, "init_steps", "1");
  DSLT_TRY(dslt_group_create(&c->group, c->options, c->weights));
  return dslt_group_init(c->group, &frame, &c->items.list[0].box, 1);
}

/* The training steps of an update on a full store. */
static int steps_of(const dslt_options *options, int in_turn) {
  int64_t steps = 1, memory = 1;
  (void)dslt_options_get_integer(&steps, options, "update_steps");
  if (in_turn) (void)dslt_options_get_integer(&memory, options, "memory");
  return (int)(steps * memory);
}

/* The work of a frame in which everything runs, in this precision of the backbone. The group is not tracked any more. */
static void count_frame(dslt_work out[DSLT_STAGE_COUNT], counting *c, dslt_precision precision) {
  const dslt_target *t = dslt_group_target(c->group, 0);
  dslt_target full = *t; /* as it would be after that frame */
  const dslt_target_state before = t->seen;
  const dslt_result result = {.steps = steps_of(c->options, t->type->learns_in_turn)};
  c->group->shared.options->common.precision = precision;
  full.seen.pyramid = 1;
  full.seen.cx += 1.0;
  t->type->cost(out, &full, &before, &result);
}

/* The table holds for presets as they stand, with VGG-16 or the network that ships for them. */
static int find_nodes(counting *c) {
  const dslt_options *options = c->request->options;
  const char *preset = dslt_options_preset(options);
  dslt_options *untouched;
  DSLT_TRY(dslt_options_create(&untouched, preset));
  const int same_network =
      !c->weights->network || strcmp(c->request->weights, dslt_options_weights(options)) == 0;
  if (same_network && dslt_options_agree(untouched, options) == DSLT_OK)
    c->nodes = dslt_graph_nodes_of(preset);
  dslt_options_free(untouched);
  return DSLT_OK;
}

static int open_all(counting *c, dslt_bench_step *step) {
  const dslt_bench_request *request = c->request;
  *step = DSLT_BENCH_INPUTS;
  DSLT_TRY(dslt_bench_items_add(&c->items, request->inputs[0], request->box, request->sequences));
  *step = DSLT_BENCH_RESULTS;
  DSLT_TRY(dslt_atomic_check(request->out));
  DSLT_TRY(dslt_options_clone(&c->options, request->options));
  *step = DSLT_BENCH_WEIGHTS;
  DSLT_TRY(dslt_weights_load(&c->weights, request->weights));
  DSLT_TRY(find_nodes(c));
  return learn_first(c);
}

static void close_all(counting *c) {
  dslt_group_free(c->group);
  dslt_bench_feed_close(c->feed);
  dslt_bench_items_free(&c->items);
  dslt_weights_free(c->weights);
  dslt_options_free(c->options);
}

/* ---- all ----------------------------------------------------------------------------------------- */

static int write_all(const dslt_bench_request *request, const dslt_roofline_page *page) {
  dslt_atomic_file file = {0};
  if (!request->out) return dslt_roofline_write(stdout, page, request->output);
  DSLT_TRY(dslt_atomic_open(&file, request->out));
  return dslt_atomic_end(&file, dslt_roofline_write(file.stream, page, request->output));
}

enum { GPUS_MOST = 32 };

/* A GPU without the precision that was asked for is an error where it was named, and left out of all. */
static int make_all(dslt_roofline *list, int *count, counting *c) {
  const dslt_gpu *named = dslt_gpu_find(c->request->roofline), *gpu;
  const dslt_precision wanted = c->request->options->common.precision;
  for (int i = 0; *count < GPUS_MOST && (gpu = dslt_gpu_at(i)); i++) {
    dslt_work work[DSLT_STAGE_COUNT];
    if (named && gpu != named) continue;
    const dslt_precision precision = dslt_gpu_precision(gpu, wanted);
    count_frame(work, c, precision);
    const int rc = dslt_roofline_make(&list[*count], gpu, precision, work, c->nodes);
    if (rc == DSLT_EUNSUPPORTED && !named) continue;
    DSLT_TRY(rc);
    ++*count;
  }
  return DSLT_OK;
}

int dslt_roofline_do(dslt_bench_step *step, const dslt_bench_request *request) {
  dslt_roofline list[GPUS_MOST];
  int count = 0, rc;
  counting c = {.request = request};
  DSLT_TRY_OR_DONE(open_all(&c, step));
  *step = DSLT_BENCH_RESULTS;
  DSLT_TRY_OR_DONE(make_all(list, &count, &c));
  const dslt_roofline_page page = {.preset = dslt_options_preset(request->options),
                                   .weights = request->weights,
                                   .input = c.items.list[0].name,
                                   .width = c.width,
                                   .height = c.height,
                                   .list = list,
                                   .count = count};
  DSLT_TRY_OR_DONE(write_all(request, &page));
done:
  close_all(&c);
  return rc;
}
