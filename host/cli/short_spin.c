/* SPDX-License-Identifier: Apache-2.0 */
/* short_spin.c: executes the program again with a short spin in its environment. */
#include "cli/short_spin.h"

#include <stdlib.h>
#include <unistd.h>

void dslt_spin_shortly(char **argv) {
  if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT")) return;
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0 || setenv("GOMP_SPINCOUNT", "300", 1) != 0) return;
  path[length] = '\0';
  execv(path, argv); /* if this fails, the run continues unchanged */
}
