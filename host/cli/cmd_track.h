/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_track.h: dslt track: follow an object through a video. */
#ifndef DSLT_CLI_CMD_TRACK_H
#define DSLT_CLI_CMD_TRACK_H

/* argv[0] is the verb. Returns the program's exit code (exit_codes.h). */
int dslt_cmd_track(int argc, char **argv);

#endif
