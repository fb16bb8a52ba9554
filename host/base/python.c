/* SPDX-License-Identifier: Apache-2.0 */
/* python.c: finds a script and an interpreter for it, and runs it as a child process. */
#include "base/python.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

enum {
  NO_PACKAGE = 90, /* our scripts: this interpreter is too old or lacks a package */
  NO_PROGRAM = 127 /* the shell's code for a command that does not exist */
};

/* ---- the script ---------------------------------------------------------------------------------- */

static int find_script(char *out, size_t size, const dslt_python_script *script) {
  static const char *const places[] = {"../share/dslt", "share/dslt"};
  char program[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0) return dslt_fail(DSLT_EIO, "The program's own place is not known: is /proc mounted?");
  program[length] = '\0';
  *strrchr(program, '/') = '\0';
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (snprintf(out, size, "%s/%s/%s", program, places[i], script->file) < (int)size &&
        access(out, R_OK) == 0)
      return DSLT_OK;
  return dslt_fail(DSLT_EIO,
                   "%s needs a Python file that is missing: looked for %s/%s/%s. Install dslt with make "
                   "install.",
                   script->what, program, places[0], script->file);
}

/* ---- one interpreter ----------------------------------------------------------------------------- */

static volatile sig_atomic_t child_process;

static void hand_on(int number) {
  if (child_process > 0) kill((pid_t)child_process, number);
}

/* Its exit code, or 128 plus the signal that ended it. */
static int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(char *const *command) {
  enum { HANDED = 3 };
  static const int handed[HANDED] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action = {.sa_handler = hand_on}, before[HANDED];
  sigemptyset(&action.sa_mask);
  fflush(NULL); /* or the child would print what waits in our buffers */
  const pid_t child = fork();
  if (child < 0) return dslt_fail(DSLT_EIO, "Python cannot be started: %s.", strerror(errno));
  if (child == 0) {
    unsetenv("MPLBACKEND"); /* an unknown one stops the import; none is needed */
    execvp(command[0], command);
    _exit(NO_PROGRAM);
  }
  child_process = (sig_atomic_t)child;
  for (int i = 0; i < HANDED; i++) sigaction(handed[i], &action, &before[i]);
  const int code = wait_for(child);
  for (int i = 0; i < HANDED; i++) sigaction(handed[i], &before[i], NULL);
  child_process = 0;
  return code;
}

/* The first of the interpreters that has what the script needs; `wanted` NULL: the usual ones. */
static int run_any(char **command, const char *wanted) {
  const char *candidates[] = {wanted ? wanted : "python3", "/usr/bin/python3"};
  const int choices = wanted ? 1 : 2;
  int code = NO_PROGRAM;
  for (int i = 0; i < choices && (code == NO_PROGRAM || code == NO_PACKAGE); i++) {
    command[0] = (char *)candidates[i]; /* exec takes writable strings and writes none */
    code = run(command);
  }
  return code;
}

int dslt_python_run(const dslt_python_script *script, int count, char *const *arguments) {
  static char no_bytecode[] = "-B"; /* nothing is written beside the installed files */
  char file[PATH_MAX];
  DSLT_TRY(find_script(file, sizeof file, script));
  char **command = calloc((size_t)count + 4, sizeof *command);
  if (!command) return dslt_fail(DSLT_EMEMORY, "Not enough memory to start Python.");
  command[1] = no_bytecode;
  command[2] = file;
  for (int i = 0; i < count; i++) command[3 + i] = arguments[i];
  const char *wanted = getenv("DSLT_PYTHON");
  if (wanted && !wanted[0]) wanted = NULL;
  const int code = run_any(command, wanted);
  free(command);
  if (code == NO_PROGRAM && wanted)
    return dslt_fail(DSLT_EUNSUPPORTED, "DSLT_PYTHON names \"%s\", which cannot be started.", wanted);
  if (code == NO_PROGRAM || code == NO_PACKAGE)
    return dslt_fail(DSLT_EUNSUPPORTED,
                     "%s is drawn by %s, and %s%s. Install it with: apt-get install %s. Or "
                     "name another interpreter in DSLT_PYTHON.",
                     script->what, script->needs, wanted ? wanted : "no python3",
                     wanted ? " lacks some of it" : " here has all of it", script->packages);
  return code;
}
