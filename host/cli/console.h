/* SPDX-License-Identifier: Apache-2.0 */
/* console.h: functions of every verb: error sentences, exit codes, numbers of the command line. */
#ifndef DSLT_CLI_CONSOLE_H
#define DSLT_CLI_CONSOLE_H

#include <argp.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "dslt: <sentence>" and a newline on standard error. */
void dslt_console_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with dslt_last_error() as the sentence; returns the exit code that fits the error `code`: codes
 * with a specific source (box, weights, device ...) have an exit code of their own, the others (IO, format
 * ...) give `otherwise`. */
int dslt_console_fail(int code, int otherwise);
/* Only the exit code. */
int dslt_exit_code(int code, int otherwise);

/* --help, --usage and --version for a verb: argp's built-in ones would show the program's name without the
 * verb. The verb's argp has it as its first child, its parser calls dslt_argp_name() first of all, and
 * ARGP_NO_HELP is set. */
extern const struct argp dslt_argp_help;
/* `name` is how the command is called, "dslt track"; static storage. Called every time because argp replaces
 * the name after the first call. */
void dslt_argp_name(struct argp_state *state, int key, char *name);

/* A usage error inside an argp parser: the sentence, where to find help, exit code 2. */
void dslt_usage_error(const struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
/* The whole number `text` within low..high; a usage error that names `option` otherwise. */
int64_t dslt_usage_integer(const struct argp_state *state, const char *option, const char *text, int64_t low,
                           int64_t high);

#ifdef __cplusplus
}
#endif

#endif
