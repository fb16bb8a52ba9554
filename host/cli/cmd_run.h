/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.h: dslt run: tracks a benchmark's sequences. */
#ifndef DSLT_CLI_CMD_RUN_H
#define DSLT_CLI_CMD_RUN_H

#ifdef __cplusplus
extern "C" {
#endif

/* argv[0] is the verb. Returns the program's exit code; --help and wrong command lines end the program. */
int dslt_cmd_run(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
