/* SPDX-License-Identifier: Apache-2.0 */
/* snr.h: how far a response map's maximum stands out, the signal-to-noise ratio of "Convolutional Regression
 * for Visual Tracking", equation 6. */
#ifndef DSLT_MATH_SNR_H
#define DSLT_MATH_SNR_H

#include <math.h>
#include <stddef.h>

#include "base/hd.h"

/* exp(max(M) - mean(M)) of a map with this maximum and sum. */
DSLT_HD float dslt_snr(float maximum, double sum, size_t count) {
  return expf(maximum - (float)(sum / (double)count));
}

#endif
