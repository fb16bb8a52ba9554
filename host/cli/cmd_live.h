/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_live.h: dslt live: a page in the browser on which targets are drawn and followed. */
#ifndef DSLT_CLI_CMD_LIVE_H
#define DSLT_CLI_CMD_LIVE_H

int dslt_cmd_live(int argc, char **argv);

#endif
