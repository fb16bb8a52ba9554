/* SPDX-License-Identifier: Apache-2.0 */
/* vision.h: operations on the current frame, on response maps and on the target state. The list below is
 * the only place that names these operations: structure, prototypes, both tables and the tests are made
 * from it. */
#ifndef DSLT_BACKEND_VISION_H
#define DSLT_BACKEND_VISION_H

#include "backend/nn.h"
#include "backend/types.h"
#include "math/candidates.h"
#include "math/decision.h"
#include "math/hann_search.h"
#include "math/match.h"
#include "math/sample_ring.h"
#include "math/search_rules.h"
#include "math/target_state.h"
#include "math/template.h"

/* Features from which a frame's sample is stored, for each origin a list of maps: those of DSLT_ORIGIN_LEVELS
 * are batches, of which item state->level counts. The maps of an origin that cannot be are NULL. */
typedef struct dslt_sample_sources {
  int maps;                            /* of a sample, 1..DSLT_SAMPLE_MAPS_MAX */
  size_t values[DSLT_SAMPLE_MAPS_MAX]; /* of each map of one crop */
  const float *map[DSLT_ORIGINS][DSLT_SAMPLE_MAPS_MAX];
} dslt_sample_sources;

/* clang-format off */
#define DSLT_VISION_OPERATIONS(XX)                                                                               \
  /* Sample `count` search areas around the state, first_level + i levels from the middle one, into              \
   * out [count][input_height][input_width][3]. reader: NULL, or the network that is run on `out` next, by which  \
   * alone it is read: the pictures may be put where that network wants them instead. */                         \
  XX(int, crop, (dslt_backend *backend, float *out, dslt_net *reader, const dslt_search *search,                 \
                 const dslt_input_norm *norm, const dslt_target_state *state, int first_level, int count))       \
  /* Sample the boxes boxes [count], of any place, size and aspect, into out [count][h][w][3]: filtered as by  \
   * crop, with a ratio for each axis. A side that is not positive counts as a point. reader: as for crop. */    \
  XX(int, crop_boxes, (dslt_backend *backend, float *out, dslt_net *reader, int h, int w,                        \
                       const dslt_input_norm *norm, const dslt_box *boxes, int count))                           \
  /* The mean colour of the current frame, normalised, into mean [3]. */                                         \
  XX(int, mean_colour, (dslt_backend *backend, float *mean, const dslt_input_norm *norm))                        \
  /* Levels first_level .. first_level + count - 1 (0 is the smallest) of the pyramid in whole pixels            \
   * (math/level_cut.h) around the place of `place`, for the size of `size`, into out                            \
   * [count][input_height][input_width][3]; pixels outside the frame are `fill` [3]. region: memory for          \
   * dslt_region_side_max() squared pixels of 3. */                                                              \
  XX(int, crop_levels, (dslt_backend *backend, float *out, float *region, const dslt_search *search,             \
                        const dslt_input_norm *norm, const float *fill, const dslt_target_state *place,          \
                        const dslt_target_state *size, int first_level, int count))                              \
  /* 5 x 5 Gaussian blur of deviation `sigma` (> 0), edges replicated, or the mirror image about column `axis`   \
   * (sigma 0): in [h][w][3] -> out [h][w][3]. */                                                                \
  XX(int, augment, (dslt_backend *backend, float *out, const float *in, int h, int w, float sigma, int axis))    \
  /* Histograms of oriented gradients of pictures in [n][h][w][3] (blue, green, red), `cell` pixels (2..64,      \
   * dividing both sides) a cell: out [n][h/cell][w/cell][31]; histograms [n][h/cell][w/cell][18]: scratch. */   \
  XX(int, hog, (dslt_backend *backend, float *out, float *histograms, const float *in, int n, int h, int w,      \
                int cell))                                                                                       \
                                                                                                                 \
  /* Find the target in response [response_height][response_width]; writes the state. */                         \
  XX(int, locate, (dslt_backend *backend, dslt_target_state *state, const float *response,                       \
                   const dslt_search *search))                                                                   \
  /* Choose among responses [levels][response_height][response_width]; writes scale and level. */                \
  XX(int, choose_scale, (dslt_backend *backend, dslt_target_state *state, const float *responses,                \
                         const dslt_search *search))                                                             \
  /* Both at once: search the responses of all levels around the last place, move to the best one's maximum,     \
   * write scale, level and the label's place. */                                                                \
  XX(int, locate_levels, (dslt_backend *backend, dslt_target_state *state, const float *responses,               \
                          const dslt_search *search))                                                            \
  /* Choose among the cells of a matching head, scores [rows][columns] and distances [rows][columns][4], and move \
   * the state to that box. response->value is backend memory or NULL. */                                        \
  XX(int, locate_match, (dslt_backend *backend, dslt_target_state *state, const float *scores,                   \
                         const float *distances, const dslt_match_rules *rules,                                  \
                         const dslt_match_response *response, const dslt_search *search))                        \
                                                                                                                 \
  /* Where the state says that the target was found: a step of a template that follows it (math/template.h) with the \
   * features seen now. filters [channels][cells cells]; mean, first (both weighted, dslt_template_weight()) and seen  \
   * [cells][cells][channels]. */                                                                                \
  XX(int, follow_template, (dslt_backend *backend, float *filters, float *mean, const float *first,              \
                            const float *seen, const dslt_target_state *state,                                   \
                            const dslt_template_rules *rules))                                                   \
                                                                                                                 \
  /* Find the target in responses [levels][response_height][response_width] as math/hann_search.h says, and move \
   * the state; `before` becomes the state as it was. enlarged: memory for levels times the enlarged response. */\
  XX(int, hann_search, (dslt_backend *backend, dslt_target_state *state, dslt_target_state *before,              \
                        float *enlarged, const float *responses, const dslt_search *search,                      \
                        const dslt_hann_rules *rules))                                                           \
                                                                                                                 \
  /* After locate, locate_levels or locate_match: decide the remaining work of the frame. learns [ring->capacity] (may be NULL)\
   * becomes 1 for every slot that the frame's update learns from. */                                            \
  XX(int, decide, (dslt_backend *backend, dslt_decision *decision, int32_t *learns,                              \
                   const dslt_target_state *state, const dslt_sample_ring *ring,                                 \
                   const dslt_update_policy *policy))                                                            \
  /* Draw boxes [count] around the target of `state`, which rules->low and high accept, and their crops [count] (may   \
   * be NULL); *frame (backend memory) numbers the draws. Where rules->tries times count draws give too few, those    \
   * accepted come again, or the target's own box where none was. */                                                  \
  XX(int, draw_boxes, (dslt_backend *backend, dslt_box *boxes, dslt_box *crops, int count,                           \
                       const dslt_draw_rules *rules, const dslt_target_state *state, const int32_t *frame))          \
  /* The target is the mean of the rules->best boxes with the highest of scores [count]; writes state, decision and   \
   * choice. response [response_height][response_width] becomes the highest score of the boxes centred in each cell   \
   * around the old place, 0 without one. count: at most DSLT_BOXES_MAX. */                                           \
  XX(int, choose_boxes, (dslt_backend *backend, dslt_target_state *state, dslt_decision *decision,                   \
                         dslt_choice *choice, float *response, const float *scores, const dslt_box *boxes,           \
                         int count, const dslt_choice_rules *rules, const dslt_search *search))                      \
  /* The soft label around (state->label_x, state->label_y) into item ring->next of                              \
   * labels [capacity][response_height][response_width]; before store_sample. */                                 \
  XX(int, store_label, (dslt_backend *backend, float *labels, const dslt_sample_ring *ring,                      \
                        const dslt_target_state *state, const dslt_search *search))                              \
  /* Copy the maps that decision->origin names into the ring's next slot of the stores, store[i] [capacity]      \
   * [sources->values[i]], and advance the ring; slot 0 is never written. */                                     \
  XX(int, store_sample, (dslt_backend *backend, dslt_sample_ring *ring, float *const *store,                     \
                         const dslt_sample_sources *sources, const dslt_target_state *state,                     \
                         const dslt_decision *decision))
/* clang-format on */

typedef struct dslt_vision_ops {
  DSLT_VISION_OPERATIONS(DSLT_MEMBER)
} dslt_vision_ops;

#endif
