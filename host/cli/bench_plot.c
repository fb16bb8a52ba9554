/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bench_plot.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

extern char **environ;

enum {
  NO_PACKAGE = 90, /* plot_sweep.py: this interpreter has no matplotlib */
  NO_PROGRAM = 127
};

static int find_script(char *out, size_t size) {
  static const char *const places[] = {"../share/dslt/bench/plot_sweep.py", "share/dslt/bench/plot_sweep.py"};
  char program[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0) return dslt_fail(DSLT_EIO, "The program's own place is not known: is /proc mounted?");
  program[length] = '\0';
  *strrchr(program, '/') = '\0';
  for (size_t i = 0; i < sizeof places / sizeof *places; ++i)
    if (snprintf(out, size, "%s/%s", program, places[i]) < (int)size && access(out, R_OK) == 0)
      return DSLT_OK;
  return dslt_fail(DSLT_EIO,
                   "The plot's Python file is missing: looked for %s/%s. Install dslt with make "
                   "install.",
                   program, places[0]);
}

/* `python -B script json path`: its exit code. */
static int run(const char *python, char *script, char *json, char *path) {
  char name[PATH_MAX], flag[] = "-B"; /* nothing is written beside the installed files */
  if (snprintf(name, sizeof name, "%s", python) >= (int)sizeof name) return NO_PROGRAM;
  char *command[] = {name, flag, script, json, path, NULL};
  pid_t child;
  int status;
  if (posix_spawnp(&child, name, NULL, NULL, command, environ) != 0) return NO_PROGRAM;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int draw(char *json, char *path) {
  char script[PATH_MAX];
  DSLT_TRY(find_script(script, sizeof script));
  const char *wanted = getenv("DSLT_PYTHON");
  const char *candidates[] = {wanted && wanted[0] ? wanted : "python3", "/usr/bin/python3"};
  const int choices = wanted && wanted[0] ? 1 : 2;
  int code = NO_PROGRAM;
  for (int i = 0; i < choices && (code == NO_PROGRAM || code == NO_PACKAGE); ++i)
    code = run(candidates[i], script, json, path);
  if (code == 0) return DSLT_OK;
  if (code == NO_PROGRAM || code == NO_PACKAGE)
    return dslt_fail(DSLT_EUNSUPPORTED,
                     "The plot is drawn by Python 3 with matplotlib, and %s has it. Install it with: apt-get "
                     "install python3-matplotlib. Or name another interpreter in DSLT_PYTHON.",
                     choices == 1 ? "not the one that DSLT_PYTHON names" : "no python3 here");
  return dslt_fail(DSLT_EIO, "%s could not be drawn: Python ended with code %d.", path, code);
}

static int write_json(const char *path, const dslt_bench_report *report) {
  json_t *root = dslt_bench_json(report);
  if (!root) return dslt_fail(DSLT_EMEMORY, "Out of memory while drawing the sweep.");
  const int bad = json_dump_file(root, path, JSON_REAL_PRECISION(6)) != 0;
  json_decref(root);
  return bad ? dslt_fail(DSLT_EIO, "%s cannot be written: %s.", path, strerror(errno)) : DSLT_OK;
}

int dslt_bench_plot(const char *path, const dslt_bench_report *report) {
  const char *base = getenv("TMPDIR");
  char json[PATH_MAX], target[PATH_MAX];
  if (snprintf(json, sizeof json, "%s/dslt-bench-XXXXXX", base && base[0] ? base : "/tmp") >=
          (int)sizeof json ||
      snprintf(target, sizeof target, "%s", path) >= (int)sizeof target)
    return dslt_fail(DSLT_EIO, "TMPDIR or --plot is too long a path.");
  const int file = mkstemp(json);
  if (file < 0) return dslt_fail(DSLT_EIO, "%s cannot be made: %s.", json, strerror(errno));
  close(file);
  fflush(NULL); /* what waits in our buffers goes out before what Python prints */
  int rc = write_json(json, report);
  if (rc == DSLT_OK) rc = draw(json, target);
  unlink(json);
  return rc;
}
