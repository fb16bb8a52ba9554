/* SPDX-License-Identifier: Apache-2.0 */
/* kernels.h: the launchers of the hand-written kernels, for the CUDA backend. Each does on a stream what the
 * operation of the same name in host/backend/backend.h does, on the same layouts: channels last, float32
 * unless a dslt_type says otherwise.
 *
 * Pointers are device memory unless marked "host"; those to maps and weights are aligned to their elements,
 * and to 16 bytes for full speed. A launcher checks shapes and that the launch was accepted, and returns
 * DSLT_OK, DSLT_EARGUMENT or DSLT_EDEVICE with a sentence in the thread's last error; it does not wait. None
 * of them asks the host anything on the way, so all may be captured in a graph; host arguments are read
 * before the launcher returns. Sums have one fixed order and no float is added atomically: the same input
 * gives the same bytes on the same GPU.
 *
 * when. A whole frame is one graph although its pyramid and its update are not always wanted. So most
 * launchers end with `when`, a flag in device memory: NULL runs always; where *when is 0 as the kernel
 * starts, it writes nothing at all (no output, no step, no ticket). The flag must not be written by the same
 * launch: &state->pyramid and the flags of dslt_turn are meant. Between such kernels a vendor library's run on
 * stale input, harmless and in vain; dslt_cuda_condition() spares even that.
 *
 * Tickets. Scratch memory with tickets is zeroed once by its owner; every launch leaves the tickets at 0.
 * Launches that may overlap need scratch memory each. */
#ifndef DSLT_KERNELS_KERNELS_H
#define DSLT_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "dslt/dslt.h"
#include "math/adam.h"
#include "math/loss.h"
#include "math/search_rules.h"
#include "math/stop.h"
#include "math/target_state.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CUstream_st *dslt_stream; /* the same type as cudaStream_t */

enum {
  DSLT_CELLS_MAX = 1 << 20,      /* of a response map */
  DSLT_RESPONSE_SIDE_MAX = 1024, /* as in the CPU backend */
  DSLT_MAP_SIDE_MAX = 4096,      /* of a feature map, cells, and of a network input, px */
  DSLT_CHANNELS_MAX = 4096,
  DSLT_ADAM_TENSORS_MAX = 16,
  DSLT_LOCATE_SLICES = 32 /* blocks that share the bicubic search of one response */
};

/* How a value is stored. */
typedef enum dslt_type { DSLT_TYPE_F32 = 0, DSLT_TYPE_BF16 = 1 } dslt_type;

/* ---- frame to network input: crop.cu, augment.cu ------------------------------------------------- */

/* The current frame on the device, any dslt_pixel_format without conversion. The struct lives in device
 * memory, so that a captured graph reads another buffer every frame. */
typedef struct dslt_frame_view {
  const uint8_t *data; /* device */
  uint64_t stride;     /* bytes from row to row */
  int32_t pixel_bytes; /* from pixel to pixel */
  int32_t channel[3];  /* offset in a pixel of the byte that is its blue, green and red */
  int32_t width, height;
} dslt_frame_view;

/* Host only: the view of an image of `format` whose rows lie at `data` (device), `stride` bytes apart. */
int dslt_cuda_frame_view(dslt_frame_view *host_view, const void *data, size_t stride, int width, int height,
                         int format);

/* Sample `count` (1..DSLT_LEVELS_MAX) search areas around the state, level i at scale_step^(first_level + i),
 * in one launch: out [count][input_height][input_width][channels] of `type`; channels: 3, or 4 or 8 with
 * zeros behind the three, as vendor convolutions like them. Sides: 1..DSLT_MAP_SIDE_MAX. geometry, norm:
 * host. */
int dslt_cuda_crop(dslt_stream stream, void *out, dslt_type type, int channels, const dslt_frame_view *frame,
                   const dslt_search *geometry, const dslt_input_norm *norm, const dslt_target_state *state,
                   int first_level, int count, const int32_t *when);

/* 5 x 5 Gaussian blur of deviation `sigma` (> 0), edges replicated, or the mirror image about column `axis`
 * (sigma 0): in [h][w][3] float32, out [h][w][channels] as crop writes it; not in place. */
int dslt_cuda_augment(dslt_stream stream, void *out, dslt_type type, int channels, const float *in, int h,
                      int w, float sigma, int axis);

/* ---- the head: upsample.cu, regress.cu, elementwise.cu ------------------------------------------- */

/* Transposed convolution, one filter a channel, f even, 2..16: x [n][h][width][c] -> y [n][h f][width f][c],
 * w [2f][2f][c]; and, where `fused` is not NULL, fused = fuse_low * low + fuse_high * y on the way. y may be
 * NULL where fused is wanted alone; neither may be an input, fused may be low. */
int dslt_cuda_upsample_forward(dslt_stream stream, float *y, float *fused, const float *low, float fuse_low,
                               float fuse_high, const float *x, const float *w, int n, int h, int width,
                               int c, int f, const int32_t *when);
/* The gradient at y is fuse_high * dy + dy2 (the two uses of the upsampled map); dy2 may be NULL. dx
 * [h][width][c] or NULL, dw [2f][2f][c], both overwritten, in one launch. scratch:
 * dslt_cuda_upsample_scratch() bytes, zeroed once. */
int dslt_cuda_upsample_backward(dslt_stream stream, float *dx, float *dw, const float *x, const float *w,
                                const float *dy, float fuse_high, const float *dy2, int h, int width, int c,
                                int f, void *scratch, const int32_t *when);
size_t dslt_cuda_upsample_scratch(int h, int width, int c, int f);

typedef struct dslt_regress_shape {
  int n;       /* maps, 1..DSLT_LEVELS_MAX */
  int h, w, c; /* 1..DSLT_MAP_SIDE_MAX twice, 1..DSLT_CHANNELS_MAX */
  int kh, kw;  /* 1..h, 1..w */
} dslt_regress_shape;

/* One regression layer; base and residual have the same shape and share a launch. */
typedef struct dslt_regress_layer {
  const float *x; /* [n][h][w][c] */
  const float *w; /* [kh][kw][c] */
  float *y;       /* forward: [n][h-kh+1][w-kw+1] */
  float *dx, *dw; /* backward: as x (n = 1) and w, overwritten; either may be NULL */
} dslt_regress_layer;

enum { DSLT_REGRESS_LAYERS_MAX = 2 };

/* y = valid correlation of x with w for 1..DSLT_REGRESS_LAYERS_MAX layers (host array). scratch:
 * dslt_cuda_regress_scratch() bytes for this very shape, zeroed once. */
int dslt_cuda_regress_forward(dslt_stream stream, const dslt_regress_shape *shape,
                              const dslt_regress_layer *layers, int count, void *scratch,
                              const int32_t *when);
/* dx and dw of every layer from the response's gradient dy [h-kh+1][w-kw+1], one for all since responses
 * are added; shape->n = 1. All layers want the same of dx and dw. */
int dslt_cuda_regress_backward(dslt_stream stream, const dslt_regress_shape *shape,
                               const dslt_regress_layer *layers, int count, const float *dy, void *scratch,
                               const int32_t *when);
size_t dslt_cuda_regress_scratch(const dslt_regress_shape *shape, int count);

/* y = a x + b z over count >= 1 values; z may be NULL (b ignored); y may be x or z. */
int dslt_cuda_axpby(dslt_stream stream, float *y, float a, const float *x, float b, const float *z,
                    size_t count, const int32_t *when);
/* dst = src over count >= 1 values, from one type to the other (to the nearest, ties to even) or the same. */
int dslt_cuda_convert(dslt_stream stream, void *dst, dslt_type dst_type, const void *src, dslt_type src_type,
                      size_t count, const int32_t *when);

/* ---- first weights: fill.cu ---------------------------------------------------------------------- */

int dslt_cuda_fill(dslt_stream stream, float *w, float value, size_t count);
/* w[i] = sigma times the i-th normal draw of dslt_rng_make(seed, rng_stream): the bits the host would draw.
 */
int dslt_cuda_fill_normal(dslt_stream stream, float *w, size_t count, double sigma, uint64_t seed,
                          uint64_t rng_stream);
/* w [2f][2f][c]: every filter interpolates bilinearly; f even, 2..16. */
int dslt_cuda_fill_bilinear(dslt_stream stream, float *w, int f, int c);

/* ---- response, loss, step: respond.cu, loss.cu, adam.cu, label.cu -------------------------------- */

/* response[i] = base[i] + residual[i] + bias[0] + bias[1], 1 <= count; residual and bias may be NULL. */
int dslt_cuda_respond(dslt_stream stream, float *response, const float *base, const float *residual,
                      const float *bias, size_t count, const int32_t *when);

/* The same sum, the loss against `label` and its gradient, in one pass: gradient [count], dbias [2] = its
 * sum, value [1] = the summed loss. 1 <= count <= DSLT_CELLS_MAX; residual and bias may be NULL; spec: host.
 */
int dslt_cuda_loss(dslt_stream stream, float *gradient, float *dbias, float *value, const float *base,
                   const float *residual, const float *bias, const float *label, size_t count,
                   const dslt_loss_spec *spec, const int32_t *when);

/* One Adam step on `count` (0..DSLT_ADAM_TENSORS_MAX) tensors; params: host array of device pointers; rule:
 * host. *step counts from 0 and is incremented. *ticket is 0 before and after. */
int dslt_cuda_adam(dslt_stream stream, const dslt_param *params, int count, const dslt_adam_rule *rule,
                   int32_t *step, uint32_t *ticket, const int32_t *when);

/* The soft label on the response grid of `geometry` (host), sigmas in cells, > 0; stretch: to [0, 1]. */
int dslt_cuda_label(dslt_stream stream, float *label, const dslt_search *geometry, float sigma_x,
                    float sigma_y, int stretch);

/* ---- state: locate.cu ----------------------------------------------------------------------------- */

/* The strongest place one block found: its score and its index in the searched grid, row-major; -1: none. */
typedef struct dslt_candidate {
  float score;
  int32_t index;
} dslt_candidate;

/* Device memory of locate and choose_scale. */
typedef struct dslt_locate_scratch {
  uint32_t ticket;
  dslt_candidate found[DSLT_LEVELS_MAX][DSLT_LOCATE_SLICES];
} dslt_locate_scratch;

/* Find the target in response [response_height][response_width] and move the state. Among equal scores the
 * first in row-major order wins. geometry: host. */
int dslt_cuda_locate(dslt_stream stream, dslt_target_state *state, const float *response,
                     const dslt_search *geometry, dslt_locate_scratch *scratch, const int32_t *when);

/* Choose among geometry->scale.levels responses and rescale the state; the same size wins ties. `when` is usually
 * &state->pyramid: a state whose gate is shut keeps its scale and its level. */
int dslt_cuda_choose_scale(dslt_stream stream, dslt_target_state *state, const float *responses,
                           const dslt_search *geometry, dslt_locate_scratch *scratch, const int32_t *when);

/* Both at once: search geometry->scale.levels responses around the last place, move to the best one's maximum,
 * write scale, level and the label's place. */
int dslt_cuda_locate_levels(dslt_stream stream, dslt_target_state *state, const float *responses,
                            const dslt_search *geometry, dslt_locate_scratch *scratch, const int32_t *when);

/* ---- what a frame still has to do: turn.cu, samples.cu ------------------------------------------- */

/* The turn of the sample store, in device memory: what host/tracker/samples.h keeps on the host. Starts as
 * {capacity, 1, capacity > 1 ? 1 : 0, 0}: slot 0 holds the first frame. */
typedef struct dslt_ring {
  int32_t capacity, count, next;
  uint32_t ticket; /* 0 before and after */
} dslt_ring;

/* Whose features are the sample of a frame. */
typedef enum dslt_source {
  DSLT_SOURCE_SEARCH = 0, /* the search's own: the target stood still */
  DSLT_SOURCE_LEVELS = 1, /* item state->level of the pyramid */
  DSLT_SOURCE_LOOK = 2,   /* the new place, looked at once more: it moved and there was no pyramid */
  DSLT_SOURCES = 3
} dslt_source;

/* The device's decisions about the current frame. Before the second frame the host writes it: the state's
 * centre, frame 0, and its settings. */
typedef struct dslt_turn {
  double cx, cy;    /* the state's centre when this was last decided */
  int32_t interval; /* setting: an update is due every so many frames; 0: never */
  int32_t hold;     /* setting: no update while the target is lost */
  int32_t joint;    /* setting: place and scale are searched together, so a level is always the sample */
  int32_t frame;    /* frames decided on, the first one's not counted */
  int32_t update;   /* 1: store a sample and learn */
  int32_t source;   /* dslt_source of the sample */
  int32_t look;     /* 1: crop and backbone must look at the new place for the sample */
} dslt_turn;

/* Between locate and choose_scale: decide on the frame as host/tracker/tracker.c does. learn [ring->capacity]
 * (may be NULL): 1 for every slot that this frame's update learns from, the coming sample's included, so that
 * the steps of a slot run `when` &learn[slot]. Only reads the state and the ring. */
int dslt_cuda_decide(dslt_stream stream, dslt_turn *turn, int32_t *learn, const dslt_target_state *state,
                     const dslt_ring *ring);

/* dst = batch[state->level], items of `count` >= 1 floats. */
int dslt_cuda_take_level(dslt_stream stream, float *dst, const float *batch, const dslt_target_state *state,
                         size_t count, const int32_t *when);

/* Both taps of one place. */
typedef struct dslt_taps_view {
  const void *low, *high;
} dslt_taps_view;

/* Put a sample into the ring's next slot and advance it: low_store [capacity][low_bytes] takes the low tap of
 * sources[turn->source], high_store likewise; sources: host array of DSLT_SOURCES, LEVELS being a batch of
 * which state->level counts, SEARCH and LOOK single items. turn NULL: SEARCH. Sources that the turn cannot
 * name may be NULL; one that it does name and that is NULL leaves the slot's old sample. Bytes of any type,
 * multiples of 4. Slot 0 is never written; a ring of one slot stays as it is. `when` is usually
 * &turn->update. */
int dslt_cuda_store_sample(dslt_stream stream, dslt_ring *ring, void *low_store, void *high_store,
                           const dslt_taps_view *sources, const dslt_target_state *state,
                           const dslt_turn *turn, size_t low_bytes, size_t high_bytes, const int32_t *when);

/* The soft label of the sample that is kept: a Gaussian around (state->label_x, state->label_y) with the
 * geometry's (host) label_sigma_x and label_sigma_y, both > 0, on its response grid. Into label; or, where
 * ring is not NULL, into item ring->next of a store at label, none where the ring has one slot: for a label
 * of its own for every sample, right before store_sample with the same `when`. */
int dslt_cuda_sample_label(dslt_stream stream, float *label, const dslt_ring *ring,
                           const dslt_target_state *state, const dslt_search *geometry, const int32_t *when);

/* Set the condition of a graph's IF node (cudaGraphConditionalHandle) to *flag != 0, so that the node's body,
 * vendor libraries included, runs or not without the host. `flag` as `when`, not NULL. DSLT_EDEVICE in a
 * build with a toolkit before CUDA 12.4, which has no such nodes. */
int dslt_cuda_condition(dslt_stream stream, unsigned long long handle, const int32_t *flag);

#ifdef __cplusplus
}
#endif

#endif
