/* SPDX-License-Identifier: Apache-2.0 */
/* python.h: the Python interpreter that draws pages and plots. */
#ifndef DSLT_BASE_PYTHON_H
#define DSLT_BASE_PYTHON_H

#ifdef __cplusplus
extern "C" {
#endif

/* A script of ours, and what to say where it cannot run. */
typedef struct dslt_python_script {
  const char *file;     /* below share/dslt: "report/main.py" */
  const char *what;     /* that it draws, begins a sentence: "The report" */
  const char *needs;    /* "Python 3.9 or newer with matplotlib 3.5 or newer" */
  const char *packages; /* Debian's: "python3-matplotlib" */
} dslt_python_script;

/* Run the script with arguments[count]. It is looked for beside the program: in ../share/dslt (installed) and
 * in share/dslt (a build folder). The interpreter is the first of python3 on PATH and /usr/bin/python3 that
 * has the packages (a script ends with code 90 where they are missing); where DSLT_PYTHON is set, only that
 * one is tried. Returns its exit code, 128 plus a signal's number, or a negative code: DSLT_EUNSUPPORTED when
 * no Python will do (the sentence says what to install), DSLT_EIO when the script is missing, DSLT_EMEMORY.
 * An interrupt (SIGINT, SIGTERM, SIGHUP) is handed to the interpreter and waited out, so that the caller can clean
 * up. Not for several threads at once: signal handlers belong to the whole process. */
int dslt_python_run(const dslt_python_script *script, int count, char *const *arguments);

#ifdef __cplusplus
}
#endif

#endif
