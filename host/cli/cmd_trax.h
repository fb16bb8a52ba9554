/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_trax.h: dslt trax: a tracker for VOT's toolkit. */
#ifndef DSLT_CLI_CMD_TRAX_H
#define DSLT_CLI_CMD_TRAX_H

int dslt_cmd_trax(int argc, char **argv);

#endif
