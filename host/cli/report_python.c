/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report_python.h"

#include <dirent.h>
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
  NO_PACKAGE = 90, /* main.py: this interpreter is too old or lacks a package */
  NO_PROGRAM = 127 /* the shell's code for a command that does not exist */
};

/* ---- the script ---------------------------------------------------------------------------------- */

static int find_script(char *out, size_t size) {
  static const char *const places[] = {"../share/dslt/report/main.py", "share/dslt/report/main.py"};
  char program[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0) return dslt_fail(DSLT_EIO, "The program's own place is not known: is /proc mounted?");
  program[length] = '\0';
  *strrchr(program, '/') = '\0';
  for (size_t i = 0; i < sizeof places / sizeof *places; ++i)
    if (snprintf(out, size, "%s/%s", program, places[i]) < (int)size && access(out, R_OK) == 0) return 0;
  return dslt_fail(DSLT_EIO,
                   "The report's Python files are missing: looked for %s/%s. Install dslt with make install.",
                   program, places[0]);
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

static int run(const char *interpreter, char *const *command) {
  static const int handed[] = {SIGINT, SIGTERM};
  struct sigaction action = {.sa_handler = hand_on}, before[2];
  sigemptyset(&action.sa_mask);
  fflush(NULL); /* or the child would print what waits in our buffers */
  const pid_t child = fork();
  if (child < 0) return dslt_fail(DSLT_EIO, "Python cannot be started: %s.", strerror(errno));
  if (child == 0) {
    unsetenv("MPLBACKEND"); /* an unknown one stops the import; none is needed */
    execvp(interpreter, command);
    _exit(NO_PROGRAM);
  }
  child_process = (sig_atomic_t)child;
  for (int i = 0; i < 2; ++i) sigaction(handed[i], &action, &before[i]);
  const int code = wait_for(child);
  for (int i = 0; i < 2; ++i) sigaction(handed[i], &before[i], NULL);
  child_process = 0;
  return code;
}

int dslt_report_python(int count, char *const *arguments) {
  static char no_bytecode[] = "-B"; /* nothing is written beside the installed files */
  char script[PATH_MAX];
  DSLT_TRY(find_script(script, sizeof script));
  const char *wanted = getenv("DSLT_PYTHON");
  const char *candidates[] = {"python3", "/usr/bin/python3"};
  int choices = 2;
  if (wanted && wanted[0]) {
    candidates[0] = wanted;
    choices = 1;
  }
  char **command = calloc((size_t)count + 4, sizeof *command);
  if (!command) return dslt_fail(DSLT_EMEMORY, "Not enough memory to start Python.");
  command[1] = no_bytecode;
  command[2] = script;
  for (int i = 0; i < count; ++i) command[3 + i] = arguments[i];
  int code = NO_PROGRAM;
  for (int i = 0; i < choices && (code == NO_PROGRAM || code == NO_PACKAGE); ++i) {
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s", candidates[i]);
    command[0] = name;
    code = run(candidates[i], command);
  }
  free(command);
  if (code == NO_PROGRAM && wanted && wanted[0])
    return dslt_fail(DSLT_EUNSUPPORTED, "DSLT_PYTHON names \"%s\", which cannot be started.", wanted);
  if (code == NO_PROGRAM || code == NO_PACKAGE)
    return dslt_fail(
        DSLT_EUNSUPPORTED,
        "The report is drawn by Python 3.9 or newer with matplotlib 3.5 or newer, and %s%s. Install it "
        "with: apt-get install python3-matplotlib. Or name another interpreter in DSLT_PYTHON.",
        wanted && wanted[0] ? wanted : "no python3",
        wanted && wanted[0] ? " lacks one of the two" : " here has it");
  return code;
}

/* ---- a folder ------------------------------------------------------------------------------------ */

int dslt_report_folder_make(char *out, int size) {
  const char *base = getenv("TMPDIR");
  if (!base || !base[0]) base = "/tmp";
  if (snprintf(out, (size_t)size, "%s/dslt-report-XXXXXX", base) >= size)
    return dslt_fail(DSLT_EIO, "TMPDIR is too long a path.");
  if (!mkdtemp(out))
    return dslt_fail(DSLT_EIO,
                     "No temporary folder can be made in %s: %s. Set TMPDIR to a folder that can be written.",
                     base, strerror(errno));
  return 0;
}

void dslt_report_folder_remove(const char *folder) {
  DIR *list = opendir(folder);
  if (!list) return;
  for (const struct dirent *entry; (entry = readdir(list));) {
    char path[PATH_MAX];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path) unlink(path);
  }
  closedir(list);
  rmdir(folder);
}
