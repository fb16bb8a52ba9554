/* SPDX-License-Identifier: Apache-2.0 */
/* cores.c: the cores of cores.h, from the scheduler's mask. */
#include "base/cores.h"

#include <sched.h>
#include <unistd.h>

int dslt_cores(void) {
  cpu_set_t set;
  const int cores =
      sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
  return cores < 1 ? 1 : cores;
}
