/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_info.h: dslt info: describes this build and the backends usable on this machine. */
#ifndef DSLT_CLI_CMD_INFO_H
#define DSLT_CLI_CMD_INFO_H

/* argv[0] is the verb. Returns the program's exit code (exit_codes.h). */
int dslt_cmd_info(int argc, char **argv);

#endif
