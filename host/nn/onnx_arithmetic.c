/* SPDX-License-Identifier: Apache-2.0 */
/* onnx_arithmetic.c: ONNX operators that calculate with constants, change shapes, or whose meaning depends on
 * their inputs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "onnx_import.h"

static int done(int rc) { return rc < 0 ? rc : DSLT_OK; }

static const dslt_onnx_value *value_of(const dslt_onnx_import *m, const dslt_onnx_node *node, int index) {
  return index < node->inputs ? dslt_onnx_find(m, node->input[index]) : NULL;
}

/* ---- with constants ------------------------------------------------------------------------------ */

/* A constant of one value for each channel: [c, 1, 1], [1, c, 1, 1]; or [c] behind a flattening. */
static int is_per_channel(const dslt_onnx_tensor *t, int channels, int flat) {
  if (t->count != channels) return 0;
  if (t->rank == 3) return t->dims[0] == channels;
  if (t->rank == 4) return t->dims[1] == channels;
  return flat && (t->rank == 1 || (t->rank == 2 && t->dims[1] == channels));
}

/* x op constant, or constant op x, where the operator allows. *scale and *shift for one value of the
 * constant. */
static int factors(float *scale, float *shift, char op, float value, int constant_first) {
  *scale = 1.0f;
  *shift = 0.0f;
  switch (op) {
    case 'A': *shift = value; return 1;
    case 'M': *scale = value; return 1;
    case 'S':
      *scale = constant_first ? -1.0f : 1.0f;
      *shift = constant_first ? value : -value;
      return 1;
    default: /* 'D' */ *scale = 1.0f / value; return !constant_first && value != 0.0f;
  }
}

static char kind_of(const char *op) { return strcmp(op, "Sum") == 0 ? 'A' : op[0]; }

static int with_constant(dslt_onnx_import *m, const dslt_onnx_node *node, const dslt_onnx_value *x,
                         const dslt_onnx_tensor *t, int constant_first) {
  const char op = kind_of(node->op);
  const int channels = m->channels[x->layer];
  if (!t->f || t->count < 1) return dslt_onnx_refuse(m, node, "its constant is of no floating-point type.");
  if (t->count == 1) {
    float scale, shift;
    if (!factors(&scale, &shift, op, t->f[0], constant_first) || !isfinite(scale) || !isfinite(shift))
      return dslt_onnx_refuse(m, node, "a constant is divided by a map, or a map by 0.");
    dslt_onnx_value value = *x;
    if ((x->pad[0] | x->pad[1] | x->pad[2] | x->pad[3]) && shift != 0.0f)
      return dslt_onnx_refuse(m, node, "something is added to a map with zeros around it.");
    value.name = node->output[0];
    value.scale *= scale;
    value.shift = value.shift * scale + shift;
    return dslt_onnx_put(m, &value);
  }
  if (channels == 0 || !is_per_channel(t, channels, x->flat))
    return dslt_onnx_refuse(m, node, "its constant has neither one value nor one for each of %d channels.",
                            channels);
  int layer;
  const int refused = dslt_onnx_plain(&layer, m, node, x);
  if (refused) return done(refused);
  float *both = malloc(2 * (size_t)channels * sizeof *both);
  if (!both) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading an ONNX file.");
  int possible = 1;
  for (int i = 0; i < channels; ++i) {
    possible &= factors(&both[i], &both[channels + i], op, t->f[i], constant_first);
    possible &= isfinite(both[i]) && isfinite(both[channels + i]);
  }
  int rc = possible ? dslt_onnx_affine(m, layer, both, both + channels, node->output[0]) : DSLT_OK;
  free(both);
  if (!possible)
    return dslt_onnx_refuse(m, node, "its constant holds values that cannot be calculated with.");
  DSLT_TRY(rc);
  const dslt_onnx_value value = {
      .name = node->output[0], .kind = DSLT_ONNX_MAP, .layer = rc, .scale = 1.0f, .flat = x->flat};
  return dslt_onnx_put(m, &value);
}

/* x * hard sigmoid(x) with slope 1/6 is hard swish. *x: the input. */
static int is_hard_swish(int *x, const dslt_onnx_import *m, int a, int b) {
  const dslt_graph *g = &m->network->graph;
  for (int k = 0; k < 2; ++k) {
    const dslt_node *l = &g->layer[k ? a : b];
    const int other = k ? b : a;
    if (!l->refusal && l->kind == DSLT_LAYER_ACTIVATION && l->activation == DSLT_ACTIVATION_HARD_SIGMOID &&
        fabsf(l->slope - 1.0f / 6.0f) < 1e-6f && l->input[0] == other) {
      *x = other;
      return 1;
    }
  }
  return 0;
}

static int between_maps(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const char op = kind_of(node->op);
  dslt_node l = dslt_layer_of(op == 'M' ? DSLT_LAYER_PRODUCT : DSLT_LAYER_SUM);
  if (op != 'M' && op != 'A') return dslt_onnx_refuse(m, node, "it is supported with constants only.");
  if (node->inputs < 2 || node->inputs > DSLT_LAYER_INPUTS_MAX)
    return dslt_onnx_refuse(m, node, "it has %d inputs.", node->inputs);
  for (int i = 0; i < node->inputs; ++i) {
    const dslt_onnx_value *x = value_of(m, node, i);
    if (!x || x->kind != DSLT_ONNX_MAP) return dslt_onnx_refuse(m, node, "its input %d is no map.", i + 1);
    const int refused = dslt_onnx_plain(&l.input[i], m, node, x);
    if (refused) return done(refused);
    const int channels = m->channels[l.input[i]];
    if (channels == 0 || channels != m->channels[l.input[0]])
      return dslt_onnx_refuse(m, node, "its maps have %d and %d channels.", m->channels[l.input[0]],
                              channels);
  }
  l.inputs = node->inputs;
  int swished;
  if (op == 'M' && l.inputs == 2 && is_hard_swish(&swished, m, l.input[0], l.input[1])) {
    l = dslt_layer_of(DSLT_LAYER_ACTIVATION);
    l.activation = DSLT_ACTIVATION_HARD_SWISH;
    l.inputs = 1;
    l.input[0] = swished;
  }
  return dslt_onnx_layer(m, &l, node->output[0], NULL, NULL);
}

int dslt_onnx_arithmetic(dslt_onnx_import *m, const dslt_onnx_node *node) {
  int maps = 0, shapes = 0;
  for (int i = 0; i < node->inputs; ++i) {
    const dslt_onnx_value *x = value_of(m, node, i);
    maps += x && x->kind == DSLT_ONNX_MAP;
    shapes += x && x->kind == DSLT_ONNX_SHAPE;
  }
  if (maps == 0) {
    const dslt_onnx_value shape = {.name = node->output[0], .kind = DSLT_ONNX_SHAPE};
    if (shapes > 0) return dslt_onnx_put(m, &shape);
    return dslt_onnx_refuse(m, node, "calculations among constants are not supported.");
  }
  for (int k = 0; node->inputs == 2 && k < 2; ++k) {
    const dslt_onnx_value *x = value_of(m, node, k), *c = value_of(m, node, 1 - k);
    if (x && c && x->kind == DSLT_ONNX_MAP && c->kind == DSLT_ONNX_CONSTANT) {
      if (c->tensor->refusal) return dslt_onnx_refuse(m, node, "of its constant, %s.", c->tensor->refusal);
      return with_constant(m, node, x, c->tensor, k == 1);
    }
  }
  return between_maps(m, node);
}

/* ---- clipping ------------------------------------------------------------------------------------ */

static int limit(float *out, const dslt_onnx_import *m, const dslt_onnx_node *node, const char *name,
                 int input, float otherwise) {
  const dslt_onnx_tensor *t = dslt_onnx_constant(m, node, input);
  *out = dslt_onnx_float(node, name, otherwise);
  if (input >= node->inputs || !*node->input[input]) return 1;
  if (!t || !t->f || t->count != 1) return 0;
  *out = t->f[0];
  return 1;
}

/* clip(a x + b, 0, high): ReLU, ReLU6, or high times a hard sigmoid. */
int dslt_onnx_clip(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_value *x = value_of(m, node, 0);
  dslt_node l = dslt_layer_of(DSLT_LAYER_ACTIVATION);
  float low, high;
  if (!x || x->kind != DSLT_ONNX_MAP) return dslt_onnx_refuse(m, node, "its input is no map.");
  if (!limit(&low, m, node, "min", 1, -INFINITY) || !limit(&high, m, node, "max", 2, INFINITY))
    return dslt_onnx_refuse(m, node, "its limits are no constants.");
  dslt_onnx_value value = {.name = node->output[0], .kind = DSLT_ONNX_MAP, .scale = 1.0f, .flat = x->flat};
  l.inputs = 1;
  if (low == 0.0f && isfinite(high) && high > 0.0f && x->scale > 0.0f &&
      fabsf(x->shift / high - 0.5f) < 1e-6f && !(x->pad[0] | x->pad[1] | x->pad[2] | x->pad[3])) {
    l.activation = DSLT_ACTIVATION_HARD_SIGMOID;
    l.slope = x->scale / high;
    l.input[0] = x->layer;
    value.scale = high;
  } else if (low == 0.0f && (high == 6.0f || high > 1e30f)) {
    const int refused = dslt_onnx_plain(&l.input[0], m, node, x);
    if (refused) return done(refused);
    l.activation = high == 6.0f ? DSLT_ACTIVATION_RELU6 : DSLT_ACTIVATION_RELU;
  } else {
    return dslt_onnx_refuse(m, node,
                            "only limits of 0 and 6, and of 0 and none, are supported; these are %g and %g.",
                            (double)low, (double)high);
  }
  if (l.activation != DSLT_ACTIVATION_HARD_SIGMOID)
    return dslt_onnx_layer(m, &l, node->output[0], NULL, NULL);
  value.layer = dslt_onnx_add(m, &l, node->output[0], NULL, NULL);
  DSLT_TRY(value.layer);
  return dslt_onnx_put(m, &value);
}

/* ---- batch normalisation ------------------------------------------------------------------------- */

int dslt_onnx_normalise(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_value *x = value_of(m, node, 0);
  const dslt_onnx_tensor *t[4];
  if (!x || x->kind != DSLT_ONNX_MAP) return dslt_onnx_refuse(m, node, "its input is no map.");
  int layer;
  const int refused = dslt_onnx_plain(&layer, m, node, x);
  if (refused) return done(refused);
  const int channels = m->channels[layer];
  if (channels == 0) return dslt_onnx_refuse(m, node, "what it reads cannot be computed.");
  for (int i = 0; i < 4; ++i) {
    t[i] = dslt_onnx_constant(m, node, i + 1);
    if (!t[i] || !t[i]->f || t[i]->count != channels)
      return dslt_onnx_refuse(m, node, "its statistics are no constants with one value for each channel.");
  }
  const double epsilon = (double)dslt_onnx_float(node, "epsilon", 1e-5f);
  float *both = malloc(2 * (size_t)channels * sizeof *both);
  if (!both) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading an ONNX file.");
  int finite = 1;
  for (int i = 0; i < channels; ++i) {
    const double scale = (double)t[0]->f[i] / sqrt((double)t[3]->f[i] + epsilon);
    both[i] = (float)scale;
    both[channels + i] = (float)((double)t[1]->f[i] - scale * (double)t[2]->f[i]);
    finite &= isfinite(both[i]) && isfinite(both[channels + i]);
  }
  const int rc = finite ? dslt_onnx_affine(m, layer, both, both + channels, node->output[0]) : DSLT_OK;
  free(both);
  if (!finite) return dslt_onnx_refuse(m, node, "its statistics give numbers that are not finite.");
  DSLT_TRY(rc);
  const dslt_onnx_value value = {.name = node->output[0], .kind = DSLT_ONNX_MAP, .layer = rc, .scale = 1.0f};
  return dslt_onnx_put(m, &value);
}

/* ---- shapes -------------------------------------------------------------------------------------- */

/* Flattening and its inverse: fully connected layers accept both forms, and for all other layers the map must
 * have one cell. */
int dslt_onnx_reshape(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_value *x = value_of(m, node, 0);
  const dslt_onnx_tensor *t = dslt_onnx_constant(m, node, 1);
  if (!x) return dslt_onnx_refuse(m, node, "it has no input.");
  dslt_onnx_value value = *x;
  value.name = node->output[0];
  if (x->kind != DSLT_ONNX_MAP) {
    value.kind = DSLT_ONNX_SHAPE;
    return dslt_onnx_put(m, &value);
  }
  if (strcmp(node->op, "Flatten") == 0) {
    if (dslt_onnx_int(node, "axis", 1) != 1) return dslt_onnx_refuse(m, node, "only axis 1 is supported.");
    value.flat = 1;
  } else if (strcmp(node->op, "Squeeze") == 0) {
    value.flat = 1;
  } else if (strcmp(node->op, "Unsqueeze") == 0) {
    value.flat = 0;
  } else {
    const int64_t rank = t && t->i ? t->count : 2; /* computed shapes are taken for flattening */
    if (t && t->i && rank == 4 && t->i[2] == 1 && t->i[3] == 1)
      value.flat = 0;
    else if (rank == 2)
      value.flat = 1;
    else
      return dslt_onnx_refuse(m, node, "only flattening a map, and back, is supported.");
  }
  return dslt_onnx_put(m, &value);
}

int dslt_onnx_pad(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_value *x = value_of(m, node, 0);
  const dslt_onnx_attribute *a = dslt_onnx_attribute_of(node, "pads");
  const dslt_onnx_tensor *t = dslt_onnx_constant(m, node, 1), *with = dslt_onnx_constant(m, node, 2);
  const int64_t *pads = a ? a->ints : (t ? t->i : NULL);
  if (!x || x->kind != DSLT_ONNX_MAP) return dslt_onnx_refuse(m, node, "its input is no map.");
  if (!pads || (a ? a->count : t->count) != 8 ||
      strcmp(dslt_onnx_string(node, "mode", "constant"), "constant") != 0)
    return dslt_onnx_refuse(m, node, "only constant zeros on four sides are supported.");
  const float filling =
      with && with->f && with->count == 1 ? with->f[0] : dslt_onnx_float(node, "value", 0.0f);
  if (filling != 0.0f || (node->inputs > 2 && *node->input[2] && !with) || x->shift != 0.0f)
    return dslt_onnx_refuse(m, node, "only zeros are supported.");
  dslt_onnx_value value = *x;
  value.name = node->output[0];
  for (int i = 0; i < 8; ++i) {
    const int is_side = i % 4 >= 2;
    if (pads[i] < 0 || pads[i] > 1024 || (!is_side && pads[i] != 0))
      return dslt_onnx_refuse(m, node, "only zeros on the four sides of a map are supported.");
    if (is_side) value.pad[i / 4 * 2 + i % 4 - 2] += (int)pads[i];
  }
  for (int i = 0; i < 4; ++i)
    if (value.pad[i] > 4096) return dslt_onnx_refuse(m, node, "too many zeros.");
  return dslt_onnx_put(m, &value);
}

/* ---- upsampling ---------------------------------------------------------------------------------- */

/* Only the plain variants: nearest repeats cells, linear has half-pixel centres. */
static int supported_mode(const dslt_onnx_node *node, int linear, int factor) {
  if (strcmp(node->op, "Upsample") == 0) return !linear;
  const char *mode = dslt_onnx_string(node, "coordinate_transformation_mode", "half_pixel");
  const char *nearest = dslt_onnx_string(node, "nearest_mode", "round_prefer_floor");
  const int half = strcmp(mode, "half_pixel") == 0 || strcmp(mode, "pytorch_half_pixel") == 0;
  const int asymmetric = strcmp(mode, "asymmetric") == 0;
  if (linear) return half;
  if (half) return strcmp(nearest, "round_prefer_floor") == 0 || strcmp(nearest, "round_prefer_ceil") == 0;
  return asymmetric &&
         (strcmp(nearest, "floor") == 0 || (strcmp(nearest, "round_prefer_floor") == 0 && factor <= 2));
}

int dslt_onnx_resize(dslt_onnx_import *m, const dslt_onnx_node *node) {
  const dslt_onnx_value *x = value_of(m, node, 0);
  const int is_old = strcmp(node->op, "Upsample") == 0;
  const dslt_onnx_tensor *t = dslt_onnx_constant(m, node, is_old || node->inputs == 2 ? 1 : 2);
  const char *mode = dslt_onnx_string(node, "mode", "nearest");
  dslt_node l = dslt_layer_of(DSLT_LAYER_UPSAMPLE);
  if (!x || x->kind != DSLT_ONNX_MAP) return dslt_onnx_refuse(m, node, "its input is no map.");
  if (!t || !t->f || t->count != 4 || t->f[0] != 1.0f || t->f[1] != 1.0f)
    return dslt_onnx_refuse(m, node, "only constant scales of height and width are supported.");
  l.linear = strcmp(mode, "linear") == 0;
  if (!l.linear && strcmp(mode, "nearest") != 0)
    return dslt_onnx_refuse(m, node, "only the modes nearest and linear are supported.");
  for (int d = 0; d < 2; ++d) {
    const float factor = t->f[2 + d];
    if (!(factor >= 1.0f && factor <= 64.0f) || factor != floorf(factor))
      return dslt_onnx_refuse(m, node, "only whole factors of 1 to 64 are supported.");
    l.factor[d] = (int)factor;
    if (!supported_mode(node, l.linear, l.factor[d]))
      return dslt_onnx_refuse(m, node,
                              "this coordinate_transformation_mode or nearest_mode is not supported.");
  }
  const int refused = dslt_onnx_plain(&l.input[0], m, node, x);
  if (refused) return done(refused);
  l.inputs = 1;
  return dslt_onnx_layer(m, &l, node->output[0], NULL, NULL);
}
