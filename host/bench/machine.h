/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h: this process's memory, other processes' load and the machine's energy, as reported by Linux. */
#ifndef DSLT_BENCH_MACHINE_H
#define DSLT_BENCH_MACHINE_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- memory -------------------------------------------------------------------------------------- */

/* Resident MiB of this process now; NaN if /proc does not report it. Returns freed memory to the system
 * first. */
double dslt_memory_now(void);
/* Reset the peak resident size. Returns 1 if Linux supports that (4.0 and newer); otherwise the peak is that
 * since the program began. */
int dslt_memory_watch(void);
/* Peak resident MiB since then; NaN if /proc does not report it. */
double dslt_memory_peak(void);

/* ---- other work ---------------------------------------------------------------------------------- */

/* Seconds so far. */
typedef struct dslt_load {
  double wall; /* of a clock */
  double busy; /* busy time of all cores together, by any process; NaN if /proc does not report it */
  double own;  /* of this process, all threads */
} dslt_load;

/* `file` is /proc/stat, or a test's replacement. */
void dslt_load_read(dslt_load *out, const char *file);
/* The share of the machine's cores used by other processes in between, 0..1; NaN if unknown. */
double dslt_load_others(const dslt_load *before, const dslt_load *after, int cores);

/* ---- energy -------------------------------------------------------------------------------------- */

enum { DSLT_ENERGY_COUNTERS = 16 };

/* Energy counters of the processor packages, found once and read any number of times. */
typedef struct dslt_energy {
  char path[DSLT_ENERGY_COUNTERS][512]; /* files that count microjoules */
  double wrap[DSLT_ENERGY_COUNTERS];    /* a counter wraps around at this many microjoules; 0 = never */
  int count;                            /* 0: the machine has none; reason in `words` */
  char words[200];                      /* what is measured, or why nothing is */
} dslt_energy;

/* Search below `root` ("" is the machine's own /sys; tests give a folder that imitates it): the packages of
 * powercap's intel-rapl, which AMD's processors use too, else the sockets of hwmon's energy counters. */
void dslt_energy_find(dslt_energy *out, const char *root);
/* The counters at present, microjoules; 0 when one cannot be read. */
int dslt_energy_read(double counters[DSLT_ENERGY_COUNTERS], const dslt_energy *energy);
/* Joules between two readings, taking wrapped counters into account. */
double dslt_energy_joules(const dslt_energy *energy, const double *before, const double *after);

#ifdef __cplusplus
}
#endif

#endif
