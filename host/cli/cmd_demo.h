/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_demo.h: dslt demo: render a clip, track it, show the result. */
#ifndef DSLT_CLI_CMD_DEMO_H
#define DSLT_CLI_CMD_DEMO_H

/* argv[0] is the verb. Returns the program's exit code (exit_codes.h). */
int dslt_cmd_demo(int argc, char **argv);

#endif
