/* plan.c: everything a sequence needs, made once by init: grids, backbone plans, head, sample store, buffers.
 */
#include <stdlib.h>
#include <string.h>

#include "geometry.h"
#include "net/backbone.h"
#include "tracker.h"
#include "util/error.h"

/* First-frame training borrows slots 1 .. 5 for its augmented samples. */
enum { AUGMENTED_SLOTS = 6 };

static int alloc_floats(float **out, dslt_tracker *t, size_t count) {
  void *memory;
  DSLT_TRY(t->ops->alloc(&memory, t->backend, count * sizeof(float)));
  *out = memory;
  return DSLT_OK;
}

static int plan_network(dslt_tracker *t) {
  const dslt_options *o = &t->options;
  const dslt_geometry *g = &t->geometry;
  int levels = g->levels, factor = dslt_layer_stride(o->high_layer, o) / g->stride;
  int h = g->input_height, w = g->input_width;
  DSLT_TRY(dslt_backbone_plan(&t->single, t->backend, t->weights, o, 1, h, w, NULL));
  if (levels > 1)
    DSLT_TRY(dslt_backbone_plan(&t->pyramid, t->backend, t->weights, o, levels, h, w, t->single));
  dslt_head_shape shape = {
      .map_height = g->map_height,
      .map_width = g->map_width,
      .factor = factor,
      .low_channels = t->weights->width[dslt_layer_index(o->low_layer)],
      .high_channels = t->weights->width[dslt_layer_index(o->high_layer)],
      .channels = o->reduce_channels,
      .reduce_kernel = o->reduce_kernel,
      .kernel_height = g->kernel_height,
      .kernel_width = g->kernel_width,
      .fusion = o->fusion,
      .residual = o->residual,
      .bias = o->regress_bias,
      .train_reduction = o->train_reduction,
      .fuse_low = (float)o->fuse_low,
      .fuse_high = (float)o->fuse_high,
      .regress_sigma = (float)o->regress_sigma,
      .batch = levels,
  };
  size_t cells = (size_t)g->map_height * (size_t)g->map_width;
  t->low_values = cells * (size_t)shape.low_channels;
  t->high_values = cells / (size_t)(factor * factor) * (size_t)shape.high_channels;
  t->response_values = (size_t)g->response_height * (size_t)g->response_width;
  return dslt_head_create(&t->head, t->backend, &shape, (uint64_t)o->seed);
}

static int plan_buffers(dslt_tracker *t) {
  const dslt_geometry *g = &t->geometry;
  size_t levels = (size_t)g->levels;
  size_t input = (size_t)g->input_height * (size_t)g->input_width * 3;
  /* the pyramid's crops, or first-frame training's original and augmented crop */
  DSLT_TRY(alloc_floats(&t->input, t, (levels < 2 ? 2 : levels) * input));
  DSLT_TRY(alloc_floats(&t->low, t, t->low_values));
  DSLT_TRY(alloc_floats(&t->high, t, t->high_values));
  DSLT_TRY(alloc_floats(&t->response, t, t->response_values));
  if (levels > 1) {
    DSLT_TRY(alloc_floats(&t->low_levels, t, levels * t->low_values));
    DSLT_TRY(alloc_floats(&t->high_levels, t, levels * t->high_values));
    DSLT_TRY(alloc_floats(&t->responses, t, levels * t->response_values));
  }
  if (!dslt_tracker_searches_levels(t) && t->options.memory > 1 && t->options.update_interval > 0) {
    DSLT_TRY(alloc_floats(&t->low_look, t, t->low_values));
    DSLT_TRY(alloc_floats(&t->high_look, t, t->high_values));
  }
  DSLT_TRY(alloc_floats(&t->loss, t, 1));
  DSLT_TRY(alloc_floats(&t->losses, t, (size_t)t->options.init_steps));
  void *pose;
  DSLT_TRY(t->ops->alloc(&pose, t->backend, sizeof *t->pose));
  t->pose = pose;
  int slots = t->options.augment ? AUGMENTED_SLOTS : 1;
  DSLT_TRY(dslt_samples_create(&t->samples, t->backend, t->options.memory, slots, t->low_values,
                               t->high_values, t->response_values));
  t->response_host = calloc(t->response_values, sizeof *t->response_host);
  t->init_losses = calloc((size_t)t->options.init_steps, sizeof *t->init_losses);
  if (!t->response_host || !t->init_losses)
    return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the tracker.");
  return DSLT_OK;
}

static int plan_label(dslt_tracker *t) {
  float *label = malloc(t->response_values * sizeof *label);
  if (!label) return dslt_fail(DSLT_EMEMORY, "Out of memory while making the soft label.");
  dslt_soft_label(label, &t->geometry, &t->options);
  t->label_peak = 0.0f;
  for (size_t i = 0; i < t->response_values; ++i)
    if (label[i] > t->label_peak) t->label_peak = label[i];
  /* every slot has it: the crop is centred on the target, except where all scales are searched at once */
  int rc = DSLT_OK;
  for (int slot = 0; slot < t->samples.slots && rc == DSLT_OK; ++slot)
    rc = t->ops->upload(t->backend, dslt_samples_label(&t->samples, slot), label,
                        t->response_values * sizeof *label);
  free(label);
  return rc;
}

int dslt_tracker_plan(dslt_tracker *t, const dslt_image *frame, const dslt_box *box) {
  DSLT_TRY(dslt_geometry_make(&t->geometry, &t->options, frame->width, frame->height, box));
  DSLT_TRY(plan_network(t));
  DSLT_TRY(plan_buffers(t));
  return plan_label(t);
}

void dslt_tracker_unplan(dslt_tracker *t) {
  t->ops->flow_free(t->flow);
  if (t->pyramid) t->ops->net_free(t->pyramid); /* shares weights with `single`: goes first */
  if (t->single) t->ops->net_free(t->single);
  dslt_head_free(t->head);
  dslt_samples_free(&t->samples, t->backend);
  void *buffers[] = {t->input,     t->low,      t->high,      t->low_levels, t->high_levels, t->low_look,
                     t->high_look, t->response, t->responses, t->loss,       t->losses,      t->pose};
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers; ++i) t->ops->release(t->backend, buffers[i]);
  free(t->response_host);
  free(t->init_losses);
  t->pyramid = t->single = NULL;
  t->head = NULL;
  t->input = t->low = t->high = t->low_levels = t->high_levels = t->low_look = t->high_look = NULL;
  t->response = t->responses = t->loss = t->losses = NULL;
  t->flow = NULL;
  t->pose = NULL;
  t->response_host = t->init_losses = NULL;
  t->ready = t->response_made = t->response_fetched = 0;
}
