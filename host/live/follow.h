/* SPDX-License-Identifier: Apache-2.0 */
/* follow.h: the targets of a session, which come and go while the video runs. */
#ifndef DSLT_LIVE_FOLLOW_H
#define DSLT_LIVE_FOLLOW_H

#include "live/session.h"

/* Zero-initialise. All owned but the weights. */
typedef struct dslt_live_follow {
  dslt_weights *weights;
  dslt_options *options;
  dslt_group *group;
  int count, given;                           /* targets, and how many numbers were given out so far */
  dslt_live_target target[DSLT_LIVE_TARGETS]; /* in the group's order */
  dslt_result results[DSLT_GROUP_TARGETS];
  double stage_ms[DSLT_STAGE_COUNT], track_ms; /* of the last update */
  uint8_t *maps;                               /* response maps one after the other, a byte a cell */
  size_t map_bytes, map_room;
} dslt_live_follow;

/* `options` are copied. Errors of dslt_group_create(), DSLT_EMEMORY. */
int dslt_live_follow_open(dslt_live_follow *out, const dslt_options *options, dslt_weights *weights);
/* Learn `box` on `frame` as a new target (`number` 0) or in place of target `number`, which is kept where that fails. The
 * target's index. DSLT_EARGUMENT: no such target, or there are DSLT_LIVE_TARGETS; else as dslt_group_add(). */
int dslt_live_follow_learn(dslt_live_follow *follow, const dslt_image *frame, const dslt_box *box,
                           int number);
/* DSLT_EARGUMENT: no such target. */
int dslt_live_follow_remove(dslt_live_follow *follow, int number);
int dslt_live_follow_clear(dslt_live_follow *follow);
/* Change an option; targets are learnt anew on `frame`, where they are. After a failure all is as before. */
int dslt_live_follow_set(dslt_live_follow *follow, const dslt_image *frame, const char *key,
                         const char *value);
/* Track all targets; with `maps` 1 their response maps are kept. As dslt_group_update(). */
int dslt_live_follow_update(dslt_live_follow *follow, const dslt_image *frame, int maps);
void dslt_live_follow_close(dslt_live_follow *follow);

#endif
