/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: rows and checks of the tracking-loss tracker's options. */
#include "base/error.h"
#include "math/candidates.h"
#include "trackers/trackloss/trackloss.h"

static const dslt_option_choice losses[] = {{"softmax", DSLT_TRACKLOSS_SOFTMAX},
                                            {"infogain", DSLT_TRACKLOSS_INFOGAIN},
                                            {"sigmoid", DSLT_TRACKLOSS_SIGMOID},
                                            {"hinge", DSLT_TRACKLOSS_HINGE},
                                            {"hinge2", DSLT_TRACKLOSS_HINGE2},
                                            {"ensemble", DSLT_TRACKLOSS_ENSEMBLE},
                                            {NULL, 0}};
static const dslt_option_choice strategies[] = {
    {"1", 1}, {"2", 2}, {"3", 3}, {"4", 4}, {"1+4", DSLT_TRACKLOSS_BOTH}, {NULL, 0}};

#define OF dslt_trackloss_options
#define INT(name, symbol, low, high, help) DSLT_ROW_INT(OF, name, symbol, low, high, help)
#define REAL(name, symbol, low, high, help) DSLT_ROW_REAL(OF, name, symbol, low, high, help)
#define LIST(name, symbol, low, high, help) DSLT_ROW_LIST(OF, name, symbol, low, high, help)

const dslt_option_row dslt_trackloss_rows[DSLT_TRACKLOSS_ROWS] = {
    DSLT_ROW_CHOICE(OF, loss, "L", "softmax|infogain|sigmoid|hinge|hinge2|ensemble", losses,
                    "loss of an anchor; hinge2 squares it, ensemble has a branch for each of the first four"),
    DSLT_ROW_CHOICE(OF, strategy, "", "1|2|3|4|1+4", strategies,
                    "matching strategy: which anchors learn and score"),
    LIST(alpha, "alpha", 0, 1000, "weight of the first strategy's head: softmax, infogain, sigmoid, hinge"),
    LIST(beta, "beta", 0, 1000, "... of the others'"),
    LIST(rate, "", 0, 1, "learning rate: softmax, infogain, sigmoid, hinge"),
    REAL(infogain_diagonal, "H", 0, 1, "diagonal of the infogain matrix, whose rows sum to 1"),
    REAL(momentum, "", 0, 0.999, "momentum of gradient descent"),
    REAL(decay, "", 0, 1, "weight decay"),
    REAL(init_sigma, "", 0, 1, "deviation of the heads' first weights"),
    INT(head_channels, "", 1, 1024, "channels of the proposal layer"),

    INT(input_side, "", 0, 512, "side of a crop, px; 0 = 203 for maps of stride 16, else 107"),
    REAL(context, "", 0, 50, "pixels around the box in a crop of 107"),

    INT(candidates, "", 1, 4096, "boxes that are scored in a frame"),
    REAL(candidate_shift, "", 0, 10, "their largest shift, times the mean side"),
    REAL(candidate_zoom, "", 0, 20, "their largest exponent of scale_factor"),
    REAL(candidate_stretch, "", 0, 20, "... of the width, and against it of the height"),
    REAL(scale_factor, "", 1, 2, "ratio of neighbouring sizes"),
    REAL(widen, "", 1, 4, "growth of the shift for each frame in which the target is missed"),
    REAL(widen_max, "", 0, 10, "... up to this shift"),
    INT(shared_maps, "", 0, 1, "read candidates from maps of whole search areas; 0 = a crop for each"),
    INT(best, "", 1, 32, "the box is the mean of so many with the best scores"),
    REAL(success, "", 0, 1, "the target is found where their mean score is above this"),
    REAL(min_side, "", 1, 1024, "smallest side of a box, px"),

    INT(init_positives, "", 1, 4096, "first frame: boxes of the target"),
    INT(init_negatives, "", 2, 4096, "... of the background"),
    INT(positives, "", 1, 4096, "later frames: boxes of the target"),
    INT(negatives, "", 1, 4096, "... of the background"),
    INT(collect_interval, "", 0, 1000000, "take them of every n-th frame; 0 = never"),
    INT(positive_memory, "", 1, 8192, "boxes of the target that are kept"),
    INT(negative_memory, "", 1, 8192, "... of the background"),
    INT(recent_positives, "", 1, 8192, "newest ones, learnt from while the target is missed"),
    REAL(positive_overlap, "", 0, 1, "least overlap of a box of the target"),
    REAL(init_negative_overlap, "", 0, 1, "largest overlap of one of the background, first frame"),
    REAL(negative_overlap, "", 0, 1, "... later"),
    REAL(positive_shift, "", 0, 10, "largest shift of boxes of the target, times the mean side"),
    REAL(positive_zoom, "", 0, 20, "... exponent of scale_factor"),

    INT(init_steps, "", 1, 10000, "steps on the first frame"),
    INT(update_interval, "", 0, 1000000,
        "learn in every n-th frame, and where the target is missed; 0 = never"),
    INT(update_steps, "", 1, 1000, "... so many steps"),
    INT(batch_positives, "", 1, 1024, "boxes of the target in a step"),
    INT(batch_negatives, "", 1, 1024, "... of the background"),
    INT(mined, "", 1, 4096, "boxes of the background of which these are the hardest"),
};

int dslt_trackloss_options_check(const dslt_common_options *common, const void *own) {
  const dslt_trackloss_options *o = own;
  (void)common;
  if (o->best > o->candidates)
    return dslt_fail(DSLT_EOPTION, "Option best is %d, but there are only %d candidates.", o->best,
                     o->candidates);
  if (o->batch_negatives > o->mined)
    return dslt_fail(DSLT_EOPTION, "Option batch_negatives is %d, of which only mined=%d are drawn.",
                     o->batch_negatives, o->mined);
  if (o->init_positives > o->positive_memory || o->positives > o->positive_memory)
    return dslt_fail(DSLT_EOPTION,
                     "Option positive_memory is %d, but a frame gives up to %d boxes of the target.",
                     o->positive_memory, o->init_positives > o->positives ? o->init_positives : o->positives);
  if (o->init_negatives > o->negative_memory || o->negatives > o->negative_memory)
    return dslt_fail(DSLT_EOPTION,
                     "Option negative_memory is %d, but a frame gives up to %d boxes of the background.",
                     o->negative_memory, o->init_negatives > o->negatives ? o->init_negatives : o->negatives);
  return DSLT_OK;
}
