/* SPDX-License-Identifier: Apache-2.0 */
/* plot.c: plots a sweep with bench/plot_sweep.py. */
#include "bench/plot.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/python.h"

static int write_json(const char *path, const dslt_bench_report *report) {
  json_t *root = dslt_bench_json(report);
  if (!root) return dslt_fail(DSLT_EMEMORY, "Out of memory while drawing the sweep.");
  const int bad = json_dump_file(root, path, JSON_REAL_PRECISION(6)) != 0;
  json_decref(root);
  return bad ? dslt_fail(DSLT_EIO, "%s cannot be written: %s.", path, strerror(errno)) : DSLT_OK;
}

static int draw(char *json, const char *path) {
  static const dslt_python_script script = {"bench/plot_sweep.py", "The plot", "Python 3 with matplotlib",
                                            "python3-matplotlib"};
  char *arguments[] = {json, (char *)path}; /* exec's type is not const */
  const int code = dslt_python_run(&script, 2, arguments);
  return code <= 0 ? code
                   : dslt_fail(DSLT_EIO, "%s could not be drawn: Python ended with code %d.", path, code);
}

int dslt_bench_plot(const char *path, const dslt_bench_report *report) {
  char folder[PATH_MAX - 16], json[PATH_MAX];
  DSLT_TRY(dslt_temporary_folder(folder, sizeof folder, "dslt-bench"));
  snprintf(json, sizeof json, "%s/sweep.json", folder);
  int rc = write_json(json, report);
  if (rc == DSLT_OK) rc = draw(json, path);
  dslt_folder_remove(folder);
  return rc;
}
