/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c: description of the computer, from /proc. */
#include "experiment/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cores.h"
#include "base/proc.h"

static const long job_kib = 1024L * 1024; /* full-width VGG-16 at 640 x 360 takes 739 MiB */

int dslt_machine_jobs(int threads) {
  int jobs = threads > 0 ? dslt_cores() / threads : 1;
  char text[64];
  if (dslt_proc_value(text, sizeof text, "/proc/meminfo", "MemAvailable")) {
    long fit = strtol(text, NULL, 10) / job_kib;
    if (jobs > fit) jobs = (int)fit;
  }
  return jobs < 1 ? 1 : jobs;
}

json_t *dslt_machine_describe(void) {
  struct utsname system;
  char host[65] = "", text[256], words[256] = "";
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  if (uname(&system) == 0)
    snprintf(words, sizeof words, "%.60s %.100s %.60s", system.sysname, system.release, system.machine);
  json_t *cpu =
      dslt_json_text(dslt_proc_value(text, sizeof text, "/proc/cpuinfo", "model name") ? text : NULL);
  json_t *memory = dslt_proc_value(text, sizeof text, "/proc/meminfo", "MemTotal")
                       ? json_integer(strtol(text, NULL, 10) / 1024)
                       : json_null();
  return json_pack("{s:o, s:o, s:o, s:i, s:o}", "host", dslt_json_text(host[0] ? host : NULL), "system",
                   dslt_json_text(words[0] ? words : NULL), "cpu", cpu, "cores", dslt_cores(), "memory_mib",
                   memory);
}
