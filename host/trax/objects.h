/* SPDX-License-Identifier: Apache-2.0 */
/* objects.h: the objects of a session, which join at any frame and are forgotten together. */
#ifndef DSLT_TRAX_OBJECTS_H
#define DSLT_TRAX_OBJECTS_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise and set the first two. */
typedef struct dslt_trax_objects {
  const dslt_options *options; /* borrowed, as are the weights */
  dslt_weights *weights;
  int count;                               /* objects that are tracked */
  int waits;                               /* and that join at the next frame */
  dslt_result results[DSLT_GROUP_TARGETS]; /* [count] of the last frame, in the order in which they joined */

  dslt_box waiting[DSLT_GROUP_TARGETS];
  dslt_group *group; /* made when first needed, kept for later objects */
} dslt_trax_objects;

/* Make what the first objects need, so that what cannot work shows at once. Errors as of dslt_group_create(). */
int dslt_trax_objects_prepare(dslt_trax_objects *objects);
/* An object joins at the next frame. DSLT_EARGUMENT: there are DSLT_GROUP_TARGETS already. */
int dslt_trax_objects_add(dslt_trax_objects *objects, const dslt_box *box);
/* Track all objects into the frame and learn those that join on it. Errors as of dslt_group_init() and
 * dslt_group_update(); the objects are not to be used then. */
int dslt_trax_objects_frame(dslt_trax_objects *objects, const dslt_image *frame);
void dslt_trax_objects_forget(dslt_trax_objects *objects);
void dslt_trax_objects_free(dslt_trax_objects *objects);

#ifdef __cplusplus
}
#endif

#endif
