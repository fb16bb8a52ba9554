/* SPDX-License-Identifier: Apache-2.0 */
/* weights_report.h: what `dslt weights info` and `verify` print. */
#ifndef DSLT_CLI_WEIGHTS_REPORT_H
#define DSLT_CLI_WEIGHTS_REPORT_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Layers, preprocessing, metadata and ignored tensors of weights loaded from a file, on standard output.
 * DSLT_EMEMORY. */
int dslt_weights_print_info(const dslt_weights *weights);
/* SHA-256 of the file, each layer's verdict and the file's, on standard output. DSLT_EUNSUPPORTED: the build
 * has no SHA-256; DSLT_EMEMORY. */
int dslt_weights_print_verdict(const dslt_weights *weights);

#ifdef __cplusplus
}
#endif

#endif
