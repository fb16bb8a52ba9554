/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_eval.h: dslt eval: result files against ground truth. */
#ifndef DSLT_CLI_CMD_EVAL_H
#define DSLT_CLI_CMD_EVAL_H

/* argv[0] is the verb. Returns the program's exit code (exit_codes.h). */
int dslt_cmd_eval(int argc, char **argv);

#endif
