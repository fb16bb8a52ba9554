/* SPDX-License-Identifier: Apache-2.0 */
/* tracker.h: a tracker is a group of one target. */
#ifndef DSLT_TRACKER_TRACKER_H
#define DSLT_TRACKER_TRACKER_H

#include "tracker/group.h"

struct dslt_tracker {
  dslt_group group;
};

#endif
