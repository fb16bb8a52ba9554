/* SPDX-License-Identifier: Apache-2.0 */
/* siamese.h: the parts of the siamese tracker: a matching network, trained off line, gives a score and a box at every
 * cell; DSLT's regression, trained on line, tells the target from what looks like it. */
#ifndef DSLT_TRACKERS_SIAMESE_SIAMESE_H
#define DSLT_TRACKERS_SIAMESE_SIAMESE_H

#include "nn/head.h"
#include "nn/matching.h"
#include "tracker/type.h"
#include "trackers/siamese/box_fit.h"
#include "trackers/siamese/options.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const dslt_tracker_type dslt_type_siamese;

/* Of a workspace: the template's crop and maps. */
typedef struct dslt_siamese_workspace {
  dslt_net *net;      /* for templates. Borrowed */
  dslt_net *matching; /* the head, behind the template's responses */
  float *input;       /* [side][side][3] */
  float *map[DSLT_MATCHING_TAPS];
} dslt_siamese_workspace;

/* Maps that the regression learns from: DSLT_MATCHING_FINE and DSLT_MATCHING_COARSE. */
enum { DSLT_SIAMESE_MAPS = 2 };
typedef struct dslt_siamese_maps {
  float *map[DSLT_SIAMESE_MAPS];
} dslt_siamese_maps;

/* Of a target. */
typedef struct dslt_siamese_target {
  const dslt_siamese_options *options;
  dslt_matching_shape shape;
  dslt_match_rules rules;
  float *scores, *distances; /* the matching head's maps */
  dslt_box_fit fit;          /* of the boxes that are reported */

  dslt_template_rules following;
  float *first, *mean; /* the template's weighted features, first and since; [cells][cells][channels] */
  float *filters;      /* made of them, [channels][cells cells] */
  float *matched;      /* the head's input: the search's responses to the filters and its own map */

  dslt_head *head;              /* regression; NULL without one */
  dslt_siamese_maps reduced;    /* of the search */
  float *responses;             /* of the search */
  dslt_match_response response; /* the same for locate_match; value NULL without a regression */
  dslt_samples samples;         /* reduced maps */
  float *losses;                /* of each first-frame step, [init_steps] */
} dslt_siamese_target;

/* Sections of a target's frame graph: the frame, and a first-frame step. */
enum { DSLT_SIAMESE_SECTION_STEP = DSLT_SECTION_FRAME + 1, DSLT_SIAMESE_SECTIONS };

static inline dslt_siamese_workspace *dslt_siamese_workspace_of(const dslt_feature_workspace *workspace) {
  return (dslt_siamese_workspace *)workspace->own;
}
static inline dslt_siamese_target *dslt_siamese_target_of(const dslt_target *t) {
  return (dslt_siamese_target *)t->own;
}

/* options.c */
enum { DSLT_SIAMESE_ROWS = 29, DSLT_SIAMESE_PRESETS = 1 };
extern const dslt_option_row dslt_siamese_rows[DSLT_SIAMESE_ROWS];
extern const dslt_preset dslt_siamese_presets[DSLT_SIAMESE_PRESETS];

/* plan.c: search area and memory */
int dslt_siamese_measure(dslt_search *out, const dslt_shared *shared, int frame_width, int frame_height,
                         const dslt_box *box);
int dslt_siamese_layout(dslt_feature_layout *out, const dslt_shared *shared, const dslt_search *search);
int dslt_siamese_plan_workspace(dslt_feature_workspace *workspace, dslt_shared *shared,
                                const dslt_search *search);
void dslt_siamese_free_workspace(dslt_feature_workspace *workspace, dslt_shared *shared);
int dslt_siamese_plan(dslt_target *t);
void dslt_siamese_free(dslt_target *t);

/* learn.c: the first frame, and an update's steps */
int dslt_siamese_run_template(dslt_target *t);
int dslt_siamese_learn(dslt_target *t, dslt_result *result);
int dslt_siamese_learn_online(dslt_target *t);

/* frame.c. The matching head's maps for the map `neck` of a search area. */
int dslt_siamese_match(dslt_target *t, const float *neck);
int dslt_siamese_frame(dslt_target *t);
int dslt_siamese_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record);

/* archive.c */
int dslt_siamese_archive(dslt_target *t, dslt_archive *archive);

/* cost.c */
void dslt_siamese_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
                       const dslt_result *result);

#ifdef __cplusplus
}
#endif

#endif
