/* SPDX-License-Identifier: Apache-2.0 */
/* pca.h: principal directions of features, to project them on fewer channels. */
#ifndef DSLT_NN_PCA_H
#define DSLT_NN_PCA_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The `components` (1..channels) directions in which rows x [count][channels] vary most, into
 * basis [channels][components], the strongest first, each of length 1 and with a positive component of largest
 * magnitude, so that the same rows give the same basis. Rows are projected as x basis - shift, shift
 * [components] being their mean's projection; nothing is divided by its deviation. *kept = the share of the
 * variance that the projection keeps. DSLT_EMEMORY; DSLT_EARGUMENT: a value is not finite; DSLT_EUNSUPPORTED:
 * built without LAPACK. */
int dslt_pca_fit(float *basis, float *shift, double *kept, const float *x, size_t count, int channels,
                 int components);

#ifdef __cplusplus
}
#endif

#endif
