/* SPDX-License-Identifier: Apache-2.0 */
/* head.c: the regression network's passes, by a fused head or by single operations; its steps; saving. */
#include "nn/head.h"

#include <stddef.h>
#include <stdio.h>

#include "backend/archive.h"
#include "base/error.h"
#include "nn/head_internal.h"

const dslt_param *dslt_head_parameter(const dslt_head *head, int which) { return &head->params[which]; }

/* ---- forward ------------------------------------------------------------------------------------- */

/* A tap's reduced maps on the common grid: enlarged, or themselves. */
static int raise(const float **out, dslt_head *head, int tap, const float *maps, int n) {
  const dslt_head_shape *s = &head->shape;
  const int f = s->tap[tap].factor;
  *out = f > 1 ? head->raised[tap] : maps;
  if (f == 1) return DSLT_OK;
  return head->backend->nn->upsample_forward(head->backend, head->raised[tap], maps,
                                             head->params[DSLT_HEAD_UPSAMPLE + tap].w, n, s->map_height / f,
                                             s->map_width / f, s->channels, f);
}

static int reduce(dslt_head *head, const dslt_head_plan *p, int tap, float *reduced, const float *features) {
  return head->backend->nn->conv_forward(p->reduce[tap], reduced, features,
                                         head->params[DSLT_HEAD_REDUCE + tap].w);
}

static const float *base_input(const dslt_head *head) {
  return head->shape.fusion ? head->fused : head->grid[0];
}

/* The residual regression's response, where there is one. */
static const float *residual_of(const dslt_head *head) {
  return head->shape.residual ? head->residual : NULL;
}

/* What the fused head takes of the features: the finest and the coarsest map. */
static const float *fine_of(const dslt_head_plan *p, float *const *features) {
  return features[p->branch[0].input];
}
static const float *coarse_of(const dslt_head_plan *p, float *const *features) {
  return p->branches > 1 ? features[p->branch[1].input] : NULL;
}

/* Weights or gradients as the fused head takes them. */
static dslt_fused_head_tensors tensors(const dslt_head *head, int gradients) {
  const int coarsest = dslt_head_coarsest(&head->shape);
  float *p[DSLT_HEAD_PARAMS];
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) p[i] = gradients ? head->params[i].g : head->params[i].w;
  return (dslt_fused_head_tensors){p[DSLT_HEAD_REDUCE], p[DSLT_HEAD_REDUCE + coarsest],
                                   p[DSLT_HEAD_UPSAMPLE + coarsest], p[DSLT_HEAD_BASE],
                                   p[DSLT_HEAD_RESIDUAL]};
}

/* The sum of all branches. */
static int fuse(dslt_head *head, const dslt_head_plan *p) {
  const size_t values = (size_t)p->n * head->cells * (size_t)head->shape.channels;
  for (int b = 1; b < p->branches; ++b) {
    const float *sum = b == 1 ? head->grid[0] : head->fused;
    DSLT_TRY(head->backend->nn->axpby(head->backend, head->fused, b == 1 ? p->branch[0].fuse : 1.0f, sum,
                                      p->branch[b].fuse, head->grid[b], values));
  }
  return DSLT_OK;
}

/* The paper's figure draws the residual regression before the upsampling, the released program has it on the
 * common grid. It is on the common grid here, so that its window and the base's cover the same pixels. */
static int forward(dslt_head *head, const dslt_head_plan *p, float *const *features) {
  const dslt_head_shape *s = &head->shape;
  const dslt_nn_ops *nn = head->backend->nn;
  const float *map[DSLT_TAPS_MAX];
  for (int b = 0; b < p->branches; ++b) {
    const int tap = p->branch[b].tap;
    const float *input = features[p->branch[b].input];
    if (!p->reduced) DSLT_TRY(reduce(head, p, tap, head->reduced[tap], input));
    map[b] = p->reduced ? input : head->reduced[tap];
  }
  for (int b = 0; b < p->branches; ++b) DSLT_TRY(raise(&head->grid[b], head, p->branch[b].tap, map[b], p->n));
  if (s->fusion) DSLT_TRY(fuse(head, p));
  DSLT_TRY(nn->regress_forward(p->regress, head->base, base_input(head), head->params[DSLT_HEAD_BASE].w));
  if (s->residual)
    DSLT_TRY(nn->regress_forward(p->regress, head->residual, head->grid[p->branches - 1],
                                 head->params[DSLT_HEAD_RESIDUAL].w));
  return DSLT_OK;
}

static int find_plan(const dslt_head_plan **out, const dslt_head *head, int n) {
  *out = n == 1 ? &head->single : &head->batch;
  if ((*out)->n == n) return DSLT_OK;
  return dslt_fail(DSLT_EINTERNAL, "The head was not planned for a batch of %d.", n);
}

int dslt_head_forward(dslt_head *head, float *response, float *const *features, int n) {
  const dslt_head_plan *p;
  DSLT_TRY(find_plan(&p, head, n));
  if (p->reduced && !head->frozen)
    return dslt_fail(DSLT_EINTERNAL, "The head was asked for a response before its reductions were frozen.");
  if (p->fused) {
    const dslt_fused_head_tensors w = tensors(head, 0);
    return head->backend->nn->fused_head_forward(p->fused, response, fine_of(p, features),
                                                 coarse_of(p, features), &w, head->params[DSLT_HEAD_BIAS].w);
  }
  DSLT_TRY(forward(head, p, features));
  return head->backend->nn->sum_responses(head->backend, response, head->base, residual_of(head),
                                          head->params[DSLT_HEAD_BIAS].w, (size_t)n * head->response_cells);
}

int dslt_head_frozen(const dslt_head *head) { return head->frozen; }

void dslt_head_freeze(dslt_head *head) {
  if (head->shape.train_reduction == DSLT_REDUCTION_LEARNS) return;
  head->frozen = 1;
  dslt_head_free_plan(head, &head->first);
}

/* Add the taps between the finest and the coarsest to the reduced finest one. */
static int merge(dslt_head *head, const dslt_head_plan *p, float *sum, float *const *taps) {
  const dslt_head_shape *s = &head->shape;
  const size_t values = (size_t)p->n * head->cells * (size_t)s->channels;
  for (int t = 1; t < dslt_head_coarsest(s); ++t) {
    const float *grid;
    DSLT_TRY(reduce(head, p, t, head->reduced[t], taps[t]));
    DSLT_TRY(raise(&grid, head, t, head->reduced[t], p->n));
    DSLT_TRY(head->backend->nn->axpby(head->backend, sum, t == 1 ? s->tap[0].fuse : 1.0f, sum, s->tap[t].fuse,
                                      grid, values));
  }
  return DSLT_OK;
}

int dslt_head_reduce(dslt_head *head, float *const *reduced, float *const *taps, int n) {
  const dslt_head_plan *p;
  DSLT_TRY(find_plan(&p, head, n));
  if (!p->reduced) return dslt_fail(DSLT_EINTERNAL, "The head reduces nothing while its reductions learn.");
  for (int b = 0; b < p->branches; ++b) {
    const int tap = p->branch[b].tap;
    DSLT_TRY(reduce(head, p, tap, reduced[b], taps[tap]));
  }
  return dslt_head_merges(&head->shape) ? merge(head, p, reduced[0], taps) : DSLT_OK;
}

/* ---- backward ------------------------------------------------------------------------------------ */

/* Gradients of a coarser tap's upsampling and reduction from d_fused (base) and, of the coarsest, d_raised
 * (residual regression). */
static int backward_branch(dslt_head *head, const dslt_head_plan *p, int branch, float *const *taps) {
  const dslt_head_shape *s = &head->shape;
  const dslt_nn_ops *nn = head->backend->nn;
  const int tap = p->branch[branch].tap, f = s->tap[tap].factor;
  const int residual = s->residual && branch == p->branches - 1;
  const float *d_reduced = head->d_raised;
  if (s->fusion)
    DSLT_TRY(nn->axpby(head->backend, head->d_raised, p->branch[branch].fuse, head->d_fused, 1.0f,
                       residual ? head->d_raised : NULL, head->cells * (size_t)s->channels));
  if (f > 1) {
    const dslt_param *up = &head->params[DSLT_HEAD_UPSAMPLE + tap];
    DSLT_TRY(nn->upsample_backward(head->backend, head->d_reduced, up->g, head->reduced[tap], up->w,
                                   head->d_raised, s->map_height / f, s->map_width / f, s->channels, f));
    d_reduced = head->d_reduced;
  }
  return nn->conv_backward_weights(p->reduce[tap], head->params[DSLT_HEAD_REDUCE + tap].g, taps[tap],
                                   d_reduced);
}

/* The coarsest tap first, since its gradient from the residual regression lies where the others' are made. */
static int backward_reductions(dslt_head *head, const dslt_head_plan *p, float *const *taps) {
  const dslt_head_shape *s = &head->shape;
  const float fuse_low = p->branch[0].fuse;
  for (int b = p->branches - 1; b > 0; --b) DSLT_TRY(backward_branch(head, p, b, taps));
  if (s->fusion && fuse_low != 1.0f)
    DSLT_TRY(head->backend->nn->axpby(head->backend, head->d_fused, fuse_low, head->d_fused, 0.0f, NULL,
                                      head->cells * (size_t)s->channels));
  return head->backend->nn->conv_backward_weights(p->reduce[0], head->params[DSLT_HEAD_REDUCE].g, taps[0],
                                                  head->d_fused);
}

/* The loss and the gradients; then the step `then` (NULL: none). */
static int descend(dslt_head *head, float *loss, float *const *features, const float *label,
                   const dslt_loss_spec *spec, const dslt_head_update *then) {
  const dslt_head_shape *s = &head->shape;
  const dslt_nn_ops *nn = head->backend->nn;
  const dslt_head_plan *p = head->first.n ? &head->first : &head->single;
  dslt_param *base = &head->params[DSLT_HEAD_BASE], *residual = &head->params[DSLT_HEAD_RESIDUAL];
  const dslt_param *bias = &head->params[DSLT_HEAD_BIAS];
  if (p->fused) {
    const dslt_fused_head_tensors w = tensors(head, 0), g = tensors(head, 1);
    const float *fine = fine_of(p, features), *coarse = coarse_of(p, features);
    DSLT_TRY(nn->fused_head_loss(p->fused, head->d_response, bias->g, loss, fine, coarse, &w, bias->w, label,
                                 spec));
    return nn->fused_head_backward(p->fused, &g, fine, coarse, &w, head->d_response, then);
  }
  DSLT_TRY(forward(head, p, features));
  DSLT_TRY(nn->loss(head->backend, head->d_response, bias->g, loss, head->base, residual_of(head), bias->w,
                    label, head->response_cells, spec));
  DSLT_TRY(nn->regress_backward(p->regress, p->reduced ? NULL : head->d_fused, base->g, base_input(head),
                                base->w, head->d_response));
  if (s->residual)
    DSLT_TRY(nn->regress_backward(p->regress, p->reduced ? NULL : head->d_raised, residual->g,
                                  head->grid[p->branches - 1], residual->w, head->d_response));
  if (!p->reduced) DSLT_TRY(backward_reductions(head, p, features));
  return then ? nn->adam(head->backend, then->params, then->count, then->rule, then->step) : DSLT_OK;
}

int dslt_head_gradient(dslt_head *head, float *loss, float *const *features, const float *label,
                       const dslt_loss_spec *spec) {
  return descend(head, loss, features, label, spec, NULL);
}

static int is_regression(int param) { return param >= DSLT_HEAD_BASE; }

/* Learning rate of one of the parameters before the biases. */
static float rate_of(const dslt_head *head, int param, const dslt_head_rates *rates) {
  const int tap = param % DSLT_TAPS_MAX, coarsest = dslt_head_coarsest(&head->shape);
  if (is_regression(param)) return param == DSLT_HEAD_RESIDUAL ? rates->high : rates->low;
  if (tap == 0 || rates->branch == DSLT_BRANCH_NONE) return rates->low;
  return rates->branch == DSLT_BRANCH_COARSER || tap == coarsest ? rates->high : rates->low;
}

/* What learns, at these rates: active [DSLT_HEAD_PARAMS + 1]. */
static dslt_head_update update_of(dslt_param *active, const dslt_head *head, const dslt_head_rates *rates) {
  const dslt_head_shape *s = &head->shape;
  int count = 0;
  for (int i = 0; i < DSLT_HEAD_BIAS; ++i) {
    if (head->params[i].count == 0 || (head->frozen && !is_regression(i))) continue;
    dslt_param *p = &active[count++];
    *p = head->params[i];
    p->rate = rate_of(head, i, rates);
    p->decay = rates->decay * (i == DSLT_HEAD_RESIDUAL ? rates->decay_high : 1.0f);
  }
  for (int i = 0; s->bias && i < (s->residual ? 2 : 1); ++i) {
    const dslt_param *both = &head->params[DSLT_HEAD_BIAS];
    dslt_param *p = &active[count++];
    *p = (dslt_param){both->w + i, both->g + i, both->m + i, both->v + i, 1, 0.0f, 0.0f, 0};
    p->rate = rates->bias * (i ? rates->high : rates->low);
  }
  return (dslt_head_update){active, count, &rates->adam, head->step};
}

int dslt_head_step(dslt_head *head, const dslt_head_rates *rates) {
  dslt_param active[DSLT_HEAD_PARAMS + 1];
  const dslt_head_update u = update_of(active, head, rates);
  return head->backend->nn->adam(head->backend, u.params, u.count, u.rule, u.step);
}

int dslt_head_learn(dslt_head *head, float *loss, float *const *features, const float *label,
                    const dslt_loss_spec *spec, const dslt_head_rates *rates) {
  dslt_param active[DSLT_HEAD_PARAMS + 1];
  const dslt_head_update u = update_of(active, head, rates);
  return descend(head, loss, features, label, spec, &u);
}

int dslt_head_reset_optimiser(dslt_head *head) {
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) {
    dslt_param *p = &head->params[i];
    DSLT_TRY(head->backend->device->clear(head->backend, p->m, p->count * sizeof *p->m));
    DSLT_TRY(head->backend->device->clear(head->backend, p->v, p->count * sizeof *p->v));
  }
  return head->backend->device->clear(head->backend, head->step, sizeof *head->step);
}

/* ---- saving -------------------------------------------------------------------------------------- */

static int archive_param(dslt_head *head, dslt_archive *a, int which) {
  static const char *const kinds[] = {"weights", "mean gradient", "mean square"};
  const dslt_param *p = &head->params[which];
  float *const memory[] = {p->w, p->m, p->v};
  /* what is frozen moves no more */
  const int count = head->frozen && !is_regression(which) ? 1 : 3;
  for (int i = 0; i < count && p->count > 0; ++i) {
    char name[DSLT_ARCHIVE_NAME_MAX];
    snprintf(name, sizeof name, "head %d %s", which, kinds[i]);
    DSLT_TRY(dslt_archive_memory(a, name, head->backend, memory[i], p->count * sizeof(float)));
  }
  return DSLT_OK;
}

int dslt_head_archive(dslt_head *head, dslt_archive *a) {
  static const dslt_field frozen[] = {DSLT_FIELD(INT, dslt_head, frozen, 0, 1)};
  const int before = head->frozen;
  DSLT_TRY(dslt_archive_fields(a, "head", head, frozen, 1));
  if (head->frozen != before) {
    const int learns = before || head->shape.train_reduction == DSLT_REDUCTION_LEARNS;
    head->frozen = before;
    if (learns) return dslt_archive_damaged("head.frozen does not suit its options");
    dslt_head_freeze(head);
  }
  for (int i = 0; i < DSLT_HEAD_PARAMS; ++i) DSLT_TRY(archive_param(head, a, i));
  return dslt_archive_memory(a, "head steps", head->backend, head->step, sizeof *head->step);
}
