/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_report.h: dslt report: evaluated results as one HTML page. */
#ifndef DSLT_CLI_CMD_REPORT_H
#define DSLT_CLI_CMD_REPORT_H

/* argv[0] is the verb. Returns the program's exit code (exit_codes.h). */
int dslt_cmd_report(int argc, char **argv);

#endif
