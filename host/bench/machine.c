/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c: memory, other processes' load and energy, as reported by Linux. */
#include "bench/machine.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"

/* ---- memory -------------------------------------------------------------------------------------- */

/* "VmRSS:   1234 kB" of /proc/self/status as MiB. */
static double status_mib(const char *key) {
  char text[64];
  return dslt_proc_value(text, sizeof text, "/proc/self/status", key) ? strtod(text, NULL) / 1024 : NAN;
}

double dslt_memory_now(void) {
  malloc_trim(0);
  return status_mib("VmRSS");
}

int dslt_memory_watch(void) {
  malloc_trim(0);
  FILE *file = fopen("/proc/self/clear_refs", "we");
  if (!file) return 0;
  const int written = fputs("5", file) >= 0;
  return fclose(file) == 0 && written;
}

double dslt_memory_peak(void) { return status_mib("VmHWM"); }

/* ---- other work ---------------------------------------------------------------------------------- */

/* Seconds that all cores were busy: all columns of /proc/stat's first line but idle, iowait and the guests',
 * which user and nice hold already. */
static double busy_seconds(const char *path) {
  double t[8];
  FILE *file = fopen(path, "re");
  if (!file) return NAN;
  const int read =
      fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", t, t + 1, t + 2, t + 3, t + 4, t + 5, t + 6, t + 7);
  fclose(file);
  const double ticks = (double)sysconf(_SC_CLK_TCK);
  return read == 8 && ticks > 0 ? (t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) / ticks : NAN;
}

static double timeval_seconds(struct timeval t) { return (double)t.tv_sec + 1e-6 * (double)t.tv_usec; }

void dslt_load_read(dslt_load *out, const char *file) {
  struct rusage usage;
  out->wall = dslt_seconds();
  out->busy = busy_seconds(file);
  out->own = getrusage(RUSAGE_SELF, &usage) == 0
                 ? timeval_seconds(usage.ru_utime) + timeval_seconds(usage.ru_stime)
                 : NAN;
}

double dslt_load_others(const dslt_load *before, const dslt_load *after, int cores) {
  const double wall = after->wall - before->wall;
  const double others = (after->busy - before->busy) - (after->own - before->own);
  if (!(wall > 0) || cores < 1 || isnan(others)) return NAN;
  const double share = others / (wall * cores);
  return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* ---- energy -------------------------------------------------------------------------------------- */

/* The first number in a file; errno's value when it cannot be read. */
static int read_number(double *out, const char *path) {
  FILE *file = fopen(path, "re");
  if (!file) return errno ? errno : EIO;
  const int read = fscanf(file, "%lf", out) == 1;
  fclose(file);
  return read ? 0 : EIO;
}

static int read_word(char *out, size_t size, const char *path) {
  out[0] = '\0';
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  const int read = fgets(out, (int)size, file) != NULL;
  fclose(file);
  out[strcspn(out, "\n")] = '\0';
  return read;
}

static int add_counter(dslt_energy *e, const char *path, double wrap, int *refused) {
  double value;
  const int error = read_number(&value, path);
  if (error == EACCES || error == EPERM) *refused = 1;
  if (error || e->count == DSLT_ENERGY_COUNTERS) return 0;
  snprintf(e->path[e->count], sizeof e->path[0], "%s", path);
  e->wrap[e->count++] = wrap;
  return 1;
}

/* A folder's entries in the order of their names; *count of them, to be freed with free_names(). */
static struct dirent **names_in(int *count, const char *folder) {
  struct dirent **names = NULL;
  *count = scandir(folder, &names, NULL, alphasort);
  if (*count < 0) *count = 0;
  return names;
}

static void free_names(struct dirent **names, int count) {
  for (int i = 0; i < count; i++) free(names[i]);
  free(names);
}

/* intel-rapl:0 is a package, intel-rapl:0:1 a part of it, intel-rapl-mmio:0 the same package once more. */
static int is_package(const char *name) {
  static const char prefix[] = "intel-rapl:";
  return strncmp(name, prefix, sizeof prefix - 1) == 0 && !strchr(name + sizeof prefix - 1, ':');
}

static void find_powercap(dslt_energy *e, const char *root, int *refused) {
  char folder[128], path[512], name[32];
  if (snprintf(folder, sizeof folder, "%s/sys/class/powercap", root) >= (int)sizeof folder) return;
  int count;
  struct dirent **names = names_in(&count, folder);
  for (int i = 0; i < count; i++) {
    if (!is_package(names[i]->d_name)) continue;
    /* "psys" is the whole computer, its packages among it */
    snprintf(path, sizeof path, "%s/%s/name", folder, names[i]->d_name);
    if (read_word(name, sizeof name, path) && strncmp(name, "package", 7) != 0) continue;
    double wrap = 0;
    snprintf(path, sizeof path, "%s/%s/max_energy_range_uj", folder, names[i]->d_name);
    if (read_number(&wrap, path) != 0) wrap = 0;
    snprintf(path, sizeof path, "%s/%s/energy_uj", folder, names[i]->d_name);
    add_counter(e, path, wrap, refused);
  }
  free_names(names, count);
  if (e->count)
    snprintf(e->words, sizeof e->words, "%d processor package%s by powercap's intel-rapl", e->count,
             e->count == 1 ? "" : "s");
}

static void find_hwmon_chip(dslt_energy *e, const char *chip, int *refused) {
  for (int i = 1; i < 1024 && e->count < DSLT_ENERGY_COUNTERS; i++) {
    char path[512], label[32];
    snprintf(path, sizeof path, "%s/energy%d_label", chip, i);
    if (!read_word(label, sizeof label, path)) return;
    if (strncmp(label, "Esocket", 7) != 0) continue; /* the rest are its cores */
    snprintf(path, sizeof path, "%s/energy%d_input", chip, i);
    add_counter(e, path, 0, refused);
  }
}

static void find_hwmon(dslt_energy *e, const char *root, int *refused) {
  char folder[128], chip[448];
  if (snprintf(folder, sizeof folder, "%s/sys/class/hwmon", root) >= (int)sizeof folder) return;
  int count;
  struct dirent **names = names_in(&count, folder);
  for (int i = 0; i < count; i++) {
    if (names[i]->d_name[0] == '.') continue;
    snprintf(chip, sizeof chip, "%s/%s", folder, names[i]->d_name);
    find_hwmon_chip(e, chip, refused);
  }
  free_names(names, count);
  if (e->count)
    snprintf(e->words, sizeof e->words, "%d processor socket%s by hwmon", e->count, e->count == 1 ? "" : "s");
}

void dslt_energy_find(dslt_energy *out, const char *root) {
  memset(out, 0, sizeof *out);
  int refused = 0;
  find_powercap(out, root, &refused);
  if (!out->count) find_hwmon(out, root, &refused);
  if (out->count) return;
  snprintf(out->words, sizeof out->words, "%s",
           refused
               ? "the machine's energy counters may be read by root alone"
               : "this machine has no energy counter (neither powercap's intel-rapl nor hwmon's sockets)");
}

int dslt_energy_read(double counters[DSLT_ENERGY_COUNTERS], const dslt_energy *energy) {
  for (int i = 0; i < energy->count; i++)
    if (read_number(&counters[i], energy->path[i]) != 0) return 0;
  return energy->count > 0;
}

double dslt_energy_joules(const dslt_energy *energy, const double *before, const double *after) {
  double microjoules = 0;
  for (int i = 0; i < energy->count; i++) {
    double used = after[i] - before[i];
    if (used < 0) used += energy->wrap[i];
    microjoules += used;
  }
  return 1e-6 * microjoules;
}
