/* SPDX-License-Identifier: Apache-2.0 */
/* kernels.h: the launchers of the hand-written kernels, for the CUDA backend. Each implements on a stream the
 * operation of the same name in host/backend/{nn,vision}.h, on the same layouts: channels last, float32
 * unless a dslt_type says otherwise.
 *
 * Pointers are device memory unless marked "host"; those to maps and weights are aligned to their elements,
 * and to 16 bytes for full speed. A launcher checks shapes and that the launch was accepted, and returns
 * DSLT_OK, DSLT_EARGUMENT or DSLT_EDEVICE with a sentence in the thread's last error; it does not wait. None
 * of them synchronises with the host, so all may be captured in a graph; host arguments are read before the
 * launcher returns. Sums have one fixed order and no float is added atomically: the same input gives the same
 * bytes on the same GPU.
 *
 * when. A whole frame is one graph although its pyramid and its update do not always run. So most launchers
 * end with `when`, a flag in device memory: NULL runs always; where *when is 0 as the kernel starts, it
 * writes nothing at all (no output, no step, no ticket). The flag, such as &state->pyramid or one of
 * dslt_decision, must not be written by the same launch. Vendor libraries have no such flag: between skipped
 * kernels they run on old input and their result is ignored; a graph's conditional node (condition()) leaves
 * them out. In its place may stand a mark, dslt_when_marked(): the kernel runs, and takes the time as it starts, which
 * spares a launch of stamp(); crop(), crop_boxes(), take_taps() and store_sample() also note when they end, if asked to.
 *
 * Tickets. Scratch memory with tickets is zeroed once by its owner; every launch leaves the tickets at 0.
 * Launches that may overlap need separate scratch memory. */
#ifndef DSLT_KERNELS_KERNELS_H
#define DSLT_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "dslt/dslt.h"
#include "math/adam.h"
#include "math/decision.h"
#include "math/early_stopping.h"
#include "math/hann_search.h"
#include "math/loss.h"
#include "math/match.h"
#include "math/sample_ring.h"
#include "math/search_rules.h"
#include "math/target_state.h"
#include "math/template.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CUstream_st *dslt_stream; /* the same type as cudaStream_t */

/* The name of a launcher. The test harness compiles the same files under names of its own. */
#ifndef DSLT_LAUNCHER
#define DSLT_LAUNCHER(name) dslt_kernel_##name
#endif

enum {
  DSLT_CELLS_MAX = 1 << 20,      /* of a response map */
  DSLT_RESPONSE_SIDE_MAX = 1024, /* as in the CPU backend */
  DSLT_MAP_SIDE_MAX = 4096,      /* of a feature map, cells, and of a network input, px */
  DSLT_CHANNELS_MAX = 4096,
  DSLT_ADAM_TENSORS_MAX = 16,
  DSLT_LOCATE_SLICES = 32, /* blocks that share the bicubic search of one response */
  DSLT_HANN_SLICES = 64    /* blocks that share an enlarged response */
};

/* How a value is stored. */
typedef enum dslt_type { DSLT_TYPE_F32 = 0, DSLT_TYPE_BF16 = 1 } dslt_type;

/* ---- frame to network input: crop.cu, crop_boxes.cu, crop_levels.cu, mean_colour.cu, augment.cu -- */

/* The current frame on the device, any dslt_pixel_format without conversion. The struct lives in device
 * memory, so that a captured graph reads another buffer every frame. */
typedef struct dslt_frame_view {
  const uint8_t *data; /* device */
  uint64_t stride;     /* bytes from row to row */
  int32_t pixel_bytes; /* from pixel to pixel */
  int32_t channel[3];  /* offset of the blue, green and red byte in a pixel */
  int32_t width, height;
} dslt_frame_view;

/* Host only: the view of an image of `format` whose rows lie at `data` (device), `stride` bytes apart. */
int DSLT_LAUNCHER(frame_view)(dslt_frame_view *host_view, const void *data, size_t stride, int width,
                              int height, int format);

/* Sample `count` (1..DSLT_LEVELS_MAX) search areas around the state, first_level + i levels from the
 * middle one, in one launch: out [count][input_height][input_width][channels] of `type`; channels: 3, or 4 or 8 with
 * zeros behind the three, which vendor convolutions run faster on. Sides: 1..DSLT_MAP_SIDE_MAX. geometry,
 * norm: host. */
int DSLT_LAUNCHER(crop)(dslt_stream stream, void *out, dslt_type type, int channels,
                        const dslt_frame_view *frame, const dslt_search *geometry,
                        const dslt_input_norm *norm, const dslt_target_state *state, int first_level,
                        int count, const int32_t *when);

/* Sample boxes [count] (1..DSLT_BOXES_MAX) of any place, size and aspect in one launch, into out
 * [count][h][w][channels] as crop writes it, with a ratio for each axis; norm: host. */
int DSLT_LAUNCHER(crop_boxes)(dslt_stream stream, void *out, dslt_type type, int channels,
                              const dslt_frame_view *frame, int h, int w, const dslt_input_norm *norm,
                              const dslt_box *boxes, int count, const int32_t *when);

/* Levels first_level .. first_level + count - 1 of the pyramid in whole pixels around the place of `place`, for the
 * size of `size`, into out [count][side][side][3], side being the input's, 1 to 4096; pixels outside of the frame are
 * `fill` [3]. region: dslt_region_side_max(geometry) squared pixels of 3. geometry, norm: host. */
int DSLT_LAUNCHER(crop_levels)(dslt_stream stream, float *out, float *region, const dslt_frame_view *frame,
                               const dslt_search *geometry, const dslt_input_norm *norm, const float *fill,
                               const dslt_target_state *place, const dslt_target_state *size, int first_level,
                               int count, const int32_t *when);

/* The frame's mean colour, normalised, into mean [3]; norm: host. */
int DSLT_LAUNCHER(mean_colour)(dslt_stream stream, float *mean, const dslt_frame_view *frame,
                               const dslt_input_norm *norm, const int32_t *when);

/* 5 x 5 Gaussian blur of deviation `sigma` (> 0), edges replicated, or the mirror image about column `axis`
 * (sigma 0): in [h][w][3] float32, out [h][w][channels] as crop writes it; not in place. */
int DSLT_LAUNCHER(augment)(dslt_stream stream, void *out, dslt_type type, int channels, const float *in,
                           int h, int w, float sigma, int axis);

/* Histograms of oriented gradients of pictures in [n][h][w][3], `cell` pixels (2..64, dividing both sides) a
 * cell: out [n][h/cell][w/cell][31], by way of histograms [n][h/cell][w/cell][18]. Sides to
 * DSLT_MAP_SIDE_MAX. */
int DSLT_LAUNCHER(hog)(dslt_stream stream, float *out, float *histograms, const float *in, int n, int h,
                       int w, int cell, const int32_t *when);

/* ---- the head: upsample.cu, regress.cu, regress_backward.cu, elementwise.cu ---------------------- */

/* Transposed convolution, one filter a channel, f even, 2..16: x [n][h][width][c] -> y [n][h f][width f][c],
 * w [2f][2f][c]; and, if `fused` is not NULL, also fused = fuse_low * low + fuse_high * y. y may be NULL if
 * only fused is needed; neither may be an input, fused may be low. */
int DSLT_LAUNCHER(upsample_forward)(dslt_stream stream, float *y, float *fused, const float *low,
                                    float fuse_low, float fuse_high, const float *x, const float *w, int n,
                                    int h, int width, int c, int f, const int32_t *when);
/* The gradient at y is fuse_high * d_y + d_y2 (the two uses of the upsampled map); d_y2 may be NULL. d_x
 * [h][width][c] or NULL, d_w [2f][2f][c], both overwritten, in one launch. scratch:
 * upsample_scratch() bytes, zeroed once. */
int DSLT_LAUNCHER(upsample_backward)(dslt_stream stream, float *d_x, float *d_w, const float *x,
                                     const float *w, const float *d_y, float fuse_high, const float *d_y2,
                                     int h, int width, int c, int f, void *scratch, const int32_t *when);
size_t DSLT_LAUNCHER(upsample_scratch)(int h, int width, int c, int f);

typedef struct dslt_regress_shape {
  int n;       /* maps, 1..DSLT_LEVELS_MAX */
  int h, w, c; /* 1..DSLT_MAP_SIDE_MAX twice, 1..DSLT_CHANNELS_MAX */
  int kh, kw;  /* 1..h, 1..w */
} dslt_regress_shape;

/* One regression layer; base and residual have the same shape and share a launch. */
typedef struct dslt_regress_layer {
  const float *x;   /* [n][h][w][c] */
  const float *w;   /* [kh][kw][c] */
  float *y;         /* forward: [n][h-kh+1][w-kw+1] */
  float *d_x, *d_w; /* backward: as x (n = 1) and w, overwritten; either may be NULL */
} dslt_regress_layer;

enum { DSLT_REGRESS_LAYERS_MAX = 2 };

/* What a response is compared with, and where the loss and its gradients go; as in loss(). */
typedef struct dslt_regress_target {
  const float *bias, *label;
  float *d_response, *d_bias, *value;
  const dslt_loss_spec *spec; /* host */
} dslt_regress_target;

/* y = valid correlation of x with w for 1..DSLT_REGRESS_LAYERS_MAX layers (host array). scratch:
 * regress_scratch() bytes for this shape, zeroed once. */
int DSLT_LAUNCHER(regress_forward)(dslt_stream stream, const dslt_regress_shape *shape,
                                   const dslt_regress_layer *layers, int count, void *scratch,
                                   const int32_t *when);
/* In the same launch what is made of the layers' responses: response [n][h-kh+1][w-kw+1] = their sum and bias[0] + bias[1];
 * bias may be NULL, the layers' y are not written. */
int DSLT_LAUNCHER(regress_respond)(dslt_stream stream, const dslt_regress_shape *shape,
                                   const dslt_regress_layer *layers, int count, float *response,
                                   const float *bias, void *scratch, const int32_t *when);
/* Likewise the loss of that response against `label` and its gradient, as loss() has them; shape->n = 1. */
int DSLT_LAUNCHER(regress_loss)(dslt_stream stream, const dslt_regress_shape *shape,
                                const dslt_regress_layer *layers, int count,
                                const dslt_regress_target *target, void *scratch, const int32_t *when);
/* d_x and d_w of every layer from the response's gradient d_y [h-kh+1][w-kw+1], one for all since responses
 * are added; shape->n = 1. Whether d_x and d_w are NULL must be the same for all layers. */
int DSLT_LAUNCHER(regress_backward)(dslt_stream stream, const dslt_regress_shape *shape,
                                    const dslt_regress_layer *layers, int count, const float *d_y,
                                    void *scratch, const int32_t *when);
size_t DSLT_LAUNCHER(regress_scratch)(const dslt_regress_shape *shape, int count);

/* An Adam step with the gradients of layers' weights: of those weights, and of `others` single values whose gradients are
 * there already, such as biases. */
enum { DSLT_REGRESS_OTHERS_MAX = 2 };
typedef struct dslt_regress_step {
  dslt_param layer[DSLT_REGRESS_LAYERS_MAX], other[DSLT_REGRESS_OTHERS_MAX]; /* g of a layer is not used */
  int others;
  dslt_adam_rule rule;
  int32_t *step; /* counts from 0 and is incremented */
} dslt_regress_step;
/* The weights' gradients as regress_backward has them, d_x NULL, and in the same launch the step as adam() takes it. Step:
 * host. */
int DSLT_LAUNCHER(regress_learn)(dslt_stream stream, const dslt_regress_shape *shape,
                                 const dslt_regress_layer *layers, int count, const float *d_y,
                                 const dslt_regress_step *step, void *scratch, const int32_t *when);

/* y = a x + b z over count >= 1 values; z may be NULL (b ignored); y may be x or z. */
int DSLT_LAUNCHER(axpby)(dslt_stream stream, float *y, float a, const float *x, float b, const float *z,
                         size_t count, const int32_t *when);
/* dst = src over count >= 1 values, from one type to the other (to the nearest, ties to even) or the same. */
int DSLT_LAUNCHER(convert)(dslt_stream stream, void *dst, dslt_type dst_type, const void *src,
                           dslt_type src_type, size_t count, const int32_t *when);

/* ---- the correlation filter: filter.cu ----------------------------------------------------------- */

typedef struct dslt_filter_shape {
  int side, channels; /* of the map: 2..DSLT_RESPONSE_SIDE_MAX cells, 1..DSLT_CHANNELS_MAX */
  int margin;         /* the template is the filter without this many cells on every side */
  float lambda;       /* regularisation */
  double sigma;       /* deviation of the target, cells */
} dslt_filter_shape;

/* kernel [side - 2 margin][side - 2 margin][channels] = (1 - rate) kernel + rate times the template of the map x
 * [side][side][channels]; rate 1: what was there does not matter. scratch: filter_scratch() bytes aligned to 16 bytes,
 * which begin with the tables. Shape: host. */
int DSLT_LAUNCHER(filter_learn)(dslt_stream stream, float *kernel, const float *x,
                                const dslt_filter_shape *shape, float *scratch, float rate,
                                const int32_t *when);
size_t DSLT_LAUNCHER(filter_scratch)(const dslt_filter_shape *shape);
/* Host only: the tables of a shape into `tables` (NULL: nowhere); returns their bytes. */
size_t DSLT_LAUNCHER(filter_tables)(float *host_tables, const dslt_filter_shape *shape);

/* ---- response, loss, step: sum_responses.cu, loss.cu, adam.cu, early_stop.cu --------------------- */

/* response[i] = base[i] + residual[i] + bias[0] + bias[1], 1 <= count; residual and bias may be NULL. */
int DSLT_LAUNCHER(sum_responses)(dslt_stream stream, float *response, const float *base,
                                 const float *residual, const float *bias, size_t count, const int32_t *when);

/* The same sum, the loss against `label` and its gradient, in one pass: d_response [count], d_bias [2] =
 * its sum, value [1] = the summed loss. 1 <= count <= DSLT_CELLS_MAX; residual and bias may be NULL; spec:
 * host. */
int DSLT_LAUNCHER(loss)(dslt_stream stream, float *d_response, float *d_bias, float *value, const float *base,
                        const float *residual, const float *bias, const float *label, size_t count,
                        const dslt_loss_spec *spec, const int32_t *when);

/* One Adam step on `count` (0..DSLT_ADAM_TENSORS_MAX) tensors; params: host array of device pointers; rule:
 * host. *step counts from 0 and is incremented. *ticket is 0 before and after. */
int DSLT_LAUNCHER(adam)(dslt_stream stream, const dslt_param *params, int count, const dslt_adam_rule *rule,
                        int32_t *step, uint32_t *ticket, const int32_t *when);

/* Append *loss to losses [rule->limit] and decide whether training goes on, as dslt_early_stop() does; rule:
 * host. */
int DSLT_LAUNCHER(early_stop)(dslt_stream stream, dslt_training *training, float *losses, const float *loss,
                              const dslt_stop_rule *rule);

/* After early_stop: the signal-to-noise ratio of response [count] (1..DSLT_CELLS_MAX) into
 * values [training->steps - 1]; nothing before the first step. */
int DSLT_LAUNCHER(snr)(dslt_stream stream, float *values, const float *response, size_t count,
                       const dslt_training *training, const int32_t *when);

/* ---- state: locate.cu, locate_match.cu, match_template.cu, follow_template.cu, hann_search.cu -------------------- */

/* The maximum found by one block: its score and its index in the searched grid, row-major; -1: none. */
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
int DSLT_LAUNCHER(locate)(dslt_stream stream, dslt_target_state *state, const float *response,
                          const dslt_search *geometry, dslt_locate_scratch *scratch, const int32_t *when);

/* Choose among geometry->scale.levels responses and rescale the state; unchanged size wins ties. `when` is
 * usually &state->pyramid: where it is 0, the state keeps its scale and its level. */
int DSLT_LAUNCHER(choose_scale)(dslt_stream stream, dslt_target_state *state, const float *responses,
                                const dslt_search *geometry, dslt_locate_scratch *scratch,
                                const int32_t *when);

/* Both at once: search geometry->scale.levels responses around the last place, move to the best one's
 * maximum, write scale, level and the label's place. */
int DSLT_LAUNCHER(locate_levels)(dslt_stream stream, dslt_target_state *state, const float *responses,
                                 const dslt_search *geometry, dslt_locate_scratch *scratch,
                                 const int32_t *when);

/* Choose among the cells of a matching head, scores [rows][columns] and distances [rows][columns][4], and move the
 * state to that box; among equals the first cell wins. rules, response (whose value is device memory or NULL) and
 * search: host. */
int DSLT_LAUNCHER(locate_match)(dslt_stream stream, dslt_target_state *state, const float *scores,
                                const float *distances, const dslt_match_rules *rules,
                                const dslt_match_response *response, const dslt_search *search,
                                const int32_t *when);

/* Every cell of map [cells][channels] with every filter of filters [channels][count], and the cell itself behind them:
 * out [cells][count + channels]. Up to DSLT_CELLS_MAX cells, DSLT_CHANNELS_MAX channels and filters. */
int DSLT_LAUNCHER(match_template)(dslt_stream stream, float *out, const float *map, const float *filters,
                                  int cells, int channels, int count, const int32_t *when);

/* Where the state says that the target was found: filters [channels][cells cells] and mean [cells][cells][channels] after a
 * step of math/template.h with the features seen now; first and seen as mean. rules: host. */
int DSLT_LAUNCHER(follow_template)(dslt_stream stream, float *filters, float *mean, const float *first,
                                   const float *seen, const dslt_target_state *state,
                                   const dslt_template_rules *rules, const int32_t *when);

typedef struct dslt_extremes {
  float low, high;
} dslt_extremes;

/* Of a slice of an enlarged response. */
typedef struct dslt_hann_part {
  dslt_extremes range;
  double sum;
} dslt_hann_part;

/* Device memory of hann_search, with tickets. */
typedef struct dslt_hann_scratch {
  uint32_t enlarge_ticket, place_ticket;
  int32_t level; /* that was chosen: its peak, its least value and the sum of what lies above that */
  float peak, low, sum;
  dslt_hann_part part[DSLT_LEVELS_MAX][DSLT_HANN_SLICES];
  dslt_candidate found[DSLT_HANN_SLICES];
} dslt_hann_scratch;

/* Find the target in responses [levels][response_height][response_width] as math/hann_search.h says, and move the
 * state; `before` becomes the state as it was. enlarged: levels times the enlarged response. Enlarged 1 to 32 times, to
 * at most DSLT_ENLARGED_MAX samples a side; geometry and rules: host. */
int DSLT_LAUNCHER(hann_search)(dslt_stream stream, dslt_target_state *state, dslt_target_state *before,
                               float *enlarged, const float *responses, const dslt_search *geometry,
                               const dslt_hann_rules *rules, dslt_hann_scratch *scratch, const int32_t *when);

/* ---- remaining work of a frame: decide.cu, store_label.cu, store_sample.cu, report.cu ------------ */

/* Between locate and choose_scale: dslt_decide_frame() with `policy` (host). learns [ring->capacity] (may be
 * NULL): dslt_learns_from_slot() of every slot, so that the steps of a slot run `when` &learns[slot]. Only
 * reads the state and the ring. */
int DSLT_LAUNCHER(decide)(dslt_stream stream, dslt_decision *decision, int32_t *learns,
                          const dslt_target_state *state, const dslt_sample_ring *ring,
                          const dslt_update_policy *policy);

/* What a sample is copied from and to: of each map its bytes (of any type, a multiple of 4), its source for
 * each dslt_sample_origin and its store [capacity][bytes], in device memory. The maps of DSLT_ORIGIN_LEVELS are
 * batches of which item state->level counts, the others single items. All maps of an origin are NULL where it
 * cannot be the decision's. */
typedef struct dslt_sample_copy {
  int maps; /* 1..DSLT_SAMPLE_MAPS_MAX */
  size_t bytes[DSLT_SAMPLE_MAPS_MAX];
  const void *source[DSLT_ORIGINS][DSLT_SAMPLE_MAPS_MAX];
  void *store[DSLT_SAMPLE_MAPS_MAX];
} dslt_sample_copy;

/* Put the sample of decision->origin (decision NULL: SEARCH) into the ring's next slot and advance the ring;
 * copy: host. An origin without maps leaves the slot's old sample. Slot 0 is never written; a ring of one slot
 * stays as it is. `when` is usually &decision->update. */
int DSLT_LAUNCHER(store_sample)(dslt_stream stream, dslt_sample_ring *ring, const dslt_sample_copy *copy,
                                const dslt_target_state *state, const dslt_decision *decision,
                                const int32_t *when);

/* The soft label of the sample that is kept: a Gaussian around (state->label_x, state->label_y) with the
 * deviations of search->label, both > 0, on the response grid of `search` (host), into item ring->next of
 * labels [capacity][response_height][response_width]; none where the ring has one slot. Right before
 * store_sample with the same `when`. */
int DSLT_LAUNCHER(store_label)(dslt_stream stream, float *labels, const dslt_sample_ring *ring,
                               const dslt_target_state *state, const dslt_search *search,
                               const int32_t *when);

/* Kernels that can note when they end. */
typedef enum dslt_end {
  DSLT_END_NONE = 0,
  DSLT_END_CROP,
  DSLT_END_TAPS,
  DSLT_END_SAMPLE,
  DSLT_ENDS
} dslt_end;

/* Time spent on the device, in device memory, zeroed by its owner. */
typedef struct dslt_clock {
  uint64_t since;                      /* the last stamp, ns of the device's clock */
  uint64_t end[DSLT_ENDS];             /* when those kernels ended last */
  uint64_t stage_ns[DSLT_STAGE_COUNT]; /* counted since the last report */
} dslt_clock;

/* A stage that has ended, in device memory; never changed. Taking its time adds the time since the last stamp to the stage. */
typedef struct dslt_mark {
  dslt_clock *clock;
  int32_t stage;                 /* -1: the clock starts; DSLT_STAGE_COUNT: none has ended */
  int32_t end;                   /* dslt_end: it ended with that kernel; NONE: right now */
  const struct dslt_mark *first; /* a stage that ended before it, whose time is taken first; or NULL */
  const int32_t *ran; /* flag of the block in which it ended, or NULL. Where the block did not run, ... */
  const struct dslt_mark *before; /* ... this is taken instead; or NULL */
} dslt_mark;

/* The argument `when` of a kernel that takes the time of a mark and notes its own end (if not NONE) in the mark's clock.
 * Flags and marks are aligned, so the lowest bit tells them apart, and the next two hold the end. */
static inline const int32_t *dslt_when_marked(const dslt_mark *mark, dslt_end end) {
  return (const int32_t *)((uintptr_t)mark | (uintptr_t)end << 1 | 1u);
}
/* `when` for further kernels of the same launcher: the time is taken once. */
static inline const int32_t *dslt_when_still(const int32_t *when) {
  return (uintptr_t)when & 1u ? NULL : when;
}

/* Take the time of the mark that `when` is. */
int DSLT_LAUNCHER(stamp)(dslt_stream stream, const int32_t *when);

enum { DSLT_REPORT_WORDS_MAX = 128 };

/* The report of a frame in one block of memory. */
typedef struct dslt_report {
  uint64_t stage_ns[DSLT_STAGE_COUNT];
  uint32_t record[DSLT_REPORT_WORDS_MAX];
} dslt_report;

/* Write the clock's times, which are then reset, and `words` (0 .. DSLT_REPORT_WORDS_MAX) 4-byte words of
 * `record` to *out, which may be pinned host memory: it is as large as a store or two. `when`: NULL or a mark. */
int DSLT_LAUNCHER(report)(dslt_stream stream, dslt_report *out, dslt_clock *clock, const void *record,
                          int words, const int32_t *when);

enum { DSLT_CONDITIONS_MAX = 4 };
typedef struct dslt_conditions {
  int count;                                      /* 1 .. DSLT_CONDITIONS_MAX */
  unsigned long long handle[DSLT_CONDITIONS_MAX]; /* cudaGraphConditionalHandle */
  const int32_t *flag[DSLT_CONDITIONS_MAX];       /* as `when`, not NULL */
} dslt_conditions;

/* Set the conditions of a graph's IF nodes to *flag != 0, so that a node's body, vendor libraries included, runs or not
 * without the host. List: host; `when` NULL or a mark. DSLT_EDEVICE in a build with a toolkit before CUDA 12.4, which has no
 * such nodes. */
int DSLT_LAUNCHER(condition)(dslt_stream stream, const dslt_conditions *conditions, const int32_t *when);

#ifdef __cplusplus
}
#endif

#endif
