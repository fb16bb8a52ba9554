/* SPDX-License-Identifier: Apache-2.0 */
/* exit_codes.h: exit codes of the program. Every --help shows the same list. */
#ifndef DSLT_CLI_EXIT_CODES_H
#define DSLT_CLI_EXIT_CODES_H

enum {
  DSLT_EXIT_OK = 0,
  DSLT_EXIT_FAILED = 1,  /* the run failed: a result could not be written, memory ran out ... */
  DSLT_EXIT_USAGE = 2,   /* the command line is wrong */
  DSLT_EXIT_INPUT = 3,   /* a file, frame or box cannot be used */
  DSLT_EXIT_WEIGHTS = 4, /* the weights cannot be used */
  DSLT_EXIT_DEVICE = 5,  /* backend, device, display or library is missing in this build or on this machine */
  DSLT_EXIT_SIGNAL = 128 /* plus the signal's number: 130 after Ctrl-C; what was tracked is written */
};

#define DSLT_EXIT_HELP                                                                                     \
  "Exit codes: 0 done, 1 the run failed, 2 wrong command line, 3 unusable file, frame or box, 4 unusable " \
  "weights, 5 backend, device or display not available, 130 or 143 interrupted (boxes so far are written)."

#endif
