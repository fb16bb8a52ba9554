/* SPDX-License-Identifier: Apache-2.0 */
/* matching.h: a siamese network: a backbone whose deepest map feeds a matching head, which compares the features of a
 * template position by position with those of a search area and gives a score and a box at every cell. Weight files
 * bring the head in their metadata: dslt.matching (its layers as JSON), dslt.matching_tap (the backbone's layer that
 * it reads) and dslt.matching_sides ("127,255": sides of template and search area, px). dslt.matching_around ("0.3"; 1
 * where it is absent): what the features of a template's position around the target are multiplied by; those inside of
 * it by 1. */
#ifndef DSLT_NN_MATCHING_H
#define DSLT_NN_MATCHING_H

#include "backend/backend.h"
#include "nn/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Maps of the backbone that a tracker uses. */
enum { DSLT_MATCHING_FINE = 0, DSLT_MATCHING_COARSE = 1, DSLT_MATCHING_NECK = 2, DSLT_MATCHING_TAPS = 3 };

typedef struct dslt_matching_map {
  int channels, cells, stride; /* of a search area: [cells][cells][channels] */
  int template_cells;          /* a side of the template's map */
} dslt_matching_map;

typedef struct dslt_matching_shape {
  int template_side, search_side; /* input px */
  float around;                   /* factor of the template's features around the target, 0..1 */
  dslt_matching_map map[DSLT_MATCHING_TAPS];
} dslt_matching_shape;

/* What these weights have. DSLT_EWEIGHTS where they have no matching head, or one that does not fit. */
int dslt_matching_shape_of(dslt_matching_shape *out, const dslt_weights *weights);

/* Plan the backbone for inputs [n][side][side][3]; its taps are the three maps. `share` (may be NULL) as in
 * dslt_net_desc. */
int dslt_matching_plan_backbone(dslt_net **out, dslt_backend *backend, const dslt_weights *weights, int n,
                                int side, const dslt_net *share);

/* Plan the head for one search area. Input: what match_template() makes of the search area's neck map and the template's
 * filters, [cells][cells][template_cells template_cells + channels]. Taps: scores [cells][cells] (logits) and distances
 * [cells][cells][4] (logarithms, see math/match.h). */
int dslt_matching_plan_head(dslt_net **out, dslt_backend *backend, const dslt_weights *weights);

/* A filter of the template is a position's features times this. */
float dslt_matching_factor(const dslt_matching_shape *shape);

/* Operations and parameters of backbone (at a search area) and head. */
void dslt_matching_work(double *backbone_flop, double *head_flop, double *parameters,
                        const dslt_weights *weights);

#ifdef __cplusplus
}
#endif

#endif
