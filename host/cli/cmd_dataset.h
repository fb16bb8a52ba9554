/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_dataset.h: `dslt dataset`: lists the known benchmark sets and checks one on disk. */
#ifndef DSLT_CLI_CMD_DATASET_H
#define DSLT_CLI_CMD_DATASET_H

#ifdef __cplusplus
extern "C" {
#endif

/* Run with the verb's own arguments (argv[0] is "dataset"); returns the exit code. */
int dslt_cmd_dataset(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
