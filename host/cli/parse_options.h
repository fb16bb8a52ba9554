/* SPDX-License-Identifier: Apache-2.0 */
/* parse_options.h: argp for a verb, with better answers to options that there are not. */
#ifndef DSLT_CLI_PARSE_OPTIONS_H
#define DSLT_CLI_PARSE_OPTIONS_H

#include <argp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* argp_parse() for a verb that is called as `program`, "dslt track" (its help then comes from dslt_argp_help, not from
 * argp). A long option that neither `argp` nor its children have ends the program with exit code 2 and a sentence with
 * the nearest one. */
void dslt_parse_options(const struct argp *argp, const char *program, int argc, char **argv, void *input);

/* Only the check. */
void dslt_check_options(const struct argp *argp, const char *program, int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
