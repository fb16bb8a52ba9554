/* SPDX-License-Identifier: Apache-2.0 */
/* box_fit.c: how a user's boxes differ from the network's. */
#include "trackers/siamese/box_fit.h"

#include <math.h>

static float larger_by(double theirs, double ours, double share) {
  const double most = log(DSLT_BOX_FIT_LARGEST), ratio = log(theirs / ours);
  return (float)(exp(share * fmin(fmax(ratio, -most), most)) - 1.0);
}

dslt_box_fit dslt_box_fit_of(const dslt_match *head, double width, double height, double share) {
  return (dslt_box_fit){.x = (float)(-share * (double)head->x / (double)head->w),
                        .y = (float)(-share * (double)head->y / (double)head->h),
                        .width = larger_by(width, (double)head->w, share),
                        .height = larger_by(height, (double)head->h, share)};
}

dslt_box dslt_box_fitted(const dslt_box *box, const dslt_box_fit *fit, int frame_width, int frame_height) {
  const double width = fmin(box->width * (1.0 + (double)fit->width), frame_width),
               height = fmin(box->height * (1.0 + (double)fit->height), frame_height);
  const double cx = dslt_clamp(box->x + (0.5 + (double)fit->x) * box->width, 0.0, frame_width),
               cy = dslt_clamp(box->y + (0.5 + (double)fit->y) * box->height, 0.0, frame_height);
  return (dslt_box){cx - 0.5 * width, cy - 0.5 * height, width, height};
}
