/* SPDX-License-Identifier: Apache-2.0 */
/* weights.h: output of `dslt weights info` and `verify`. */
#ifndef DSLT_REPORT_WEIGHTS_H
#define DSLT_REPORT_WEIGHTS_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Is this a name that dslt_weights_load() knows without a file? */
int dslt_report_weights_built_in(const char *name);
/* One or two lines about each network inside the program, on standard output. */
void dslt_weights_print_shipped(void);
/* Layers, preprocessing, metadata and ignored tensors of weights loaded from a file, on standard output.
 * DSLT_EMEMORY. */
int dslt_weights_print_info(const dslt_weights *weights);
/* SHA-256 of the file, the result for each layer and for the file, on standard output. DSLT_EUNSUPPORTED: the
 * build has no SHA-256; DSLT_EMEMORY. */
int dslt_weights_print_verdict(const dslt_weights *weights);
/* Write random weights to the file `path`; `dtype` is "f32", "f16" or "bf16". DSLT_EARGUMENT: another dtype;
 * DSLT_EOPTION: `arch` is none; DSLT_EIO, DSLT_EMEMORY. */
int dslt_weights_write_random(const char *path, const char *arch, uint64_t seed, const char *dtype);

#ifdef __cplusplus
}
#endif

#endif
