/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_ablate.h: dslt ablate: the paper's ablations in one command. */
#ifndef DSLT_CLI_CMD_ABLATE_H
#define DSLT_CLI_CMD_ABLATE_H

#ifdef __cplusplus
extern "C" {
#endif

/* argv[0] is the verb. Returns the program's exit code; --help and wrong command lines end the program. */
int dslt_cmd_ablate(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
