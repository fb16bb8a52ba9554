/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_weights.h: dslt weights: shows, verifies, generates and converts weight files. */
#ifndef DSLT_CLI_CMD_WEIGHTS_H
#define DSLT_CLI_CMD_WEIGHTS_H

#ifdef __cplusplus
extern "C" {
#endif

/* argv[0] is the verb, argv[1] what to do: info, verify or random. Returns the program's exit code: 0 done, 1
 * failed, 2 wrong command line; --help and wrong command lines end the program as argp does. */
int dslt_cmd_weights(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
