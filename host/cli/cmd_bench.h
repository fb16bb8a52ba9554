/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_bench.h: dslt bench: the tracker's speed on this machine, compared with the machine's peak rates. */
#ifndef DSLT_CLI_CMD_BENCH_H
#define DSLT_CLI_CMD_BENCH_H

/* Returns the program's exit code. */
int dslt_cmd_bench(int argc, char **argv);

#endif
