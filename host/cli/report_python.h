/* SPDX-License-Identifier: Apache-2.0 */
/* report_python.h: the interpreter that draws the report, and a folder for what it is handed. */
#ifndef DSLT_CLI_REPORT_PYTHON_H
#define DSLT_CLI_REPORT_PYTHON_H

#ifdef __cplusplus
extern "C" {
#endif

/* Run host/report/main.py with arguments[count]. The script is looked for beside the program: in
 * ../share/dslt/report (installed) and in share/dslt/report (a build folder). The interpreter is the first of
 * $DSLT_PYTHON, python3 on PATH and /usr/bin/python3 that has matplotlib; when DSLT_PYTHON is set, only that
 * one is tried. Returns its exit code, 128 plus a signal's number, or a negative code: DSLT_EUNSUPPORTED when
 * no Python will do (the sentence says what to install), DSLT_EIO when the script is missing, DSLT_EMEMORY.
 * An interrupt (SIGINT, SIGTERM) is handed to the interpreter and waited out, so that the caller can clean
 * up. */
int dslt_report_python(int count, char *const *arguments);

/* Make an empty folder of this process's own below $TMPDIR or /tmp; `out` gets its path. DSLT_EIO. */
int dslt_report_folder_make(char *out, int size);
/* Remove it with the files in it (it never holds folders). */
void dslt_report_folder_remove(const char *folder);

#ifdef __cplusplus
}
#endif

#endif
