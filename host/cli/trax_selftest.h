/* SPDX-License-Identifier: Apache-2.0 */
/* trax_selftest.h: dslt trax --selftest. */
#ifndef DSLT_CLI_TRAX_SELFTEST_H
#define DSLT_CLI_TRAX_SELFTEST_H

#include "cli/trax_options.h"

/* Start the program with these options as VOT's toolkit would, be its client over a rendered clip, and print how it
 * went on standard output. The exit code; DSLT_EXIT_FAILED with a sentence when an answer is missing or wrong. */
int dslt_trax_selftest(const dslt_trax_options *options);

#endif
