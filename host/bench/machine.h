/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h: what Linux tells of this process's memory, of other work beside it and of the machine's
 * energy. */
#ifndef DSLT_BENCH_MACHINE_H
#define DSLT_BENCH_MACHINE_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- memory -------------------------------------------------------------------------------------- */

/* Resident MiB of this process now; NaN where /proc does not tell. Memory that was freed is given back to the
 * system first. */
double dslt_memory_now(void);
/* Begin to watch for the largest resident size. Returns 1 where Linux lets the mark be reset (4.0 and newer);
 * where it does not, the mark is the largest size since the program began. */
int dslt_memory_watch(void);
/* Largest resident MiB since then; NaN where /proc does not tell. */
double dslt_memory_peak(void);

/* ---- other work ---------------------------------------------------------------------------------- */

/* Seconds so far. */
typedef struct dslt_load {
  double wall; /* of a clock */
  double busy; /* of all cores together, whoever kept them busy; NaN where /proc does not tell */
  double own;  /* of this process, all threads */
} dslt_load;

/* `file` is /proc/stat, or what a test puts in its place. */
void dslt_load_read(dslt_load *out, const char *file);
/* The share of the machine's cores that others kept busy in between, 0..1; NaN where it is not known. */
double dslt_load_others(const dslt_load *before, const dslt_load *after, int cores);

/* ---- energy -------------------------------------------------------------------------------------- */

enum { DSLT_ENERGY_COUNTERS = 16 };

/* Energy counters of the processor packages, found once and read as often as wanted. */
typedef struct dslt_energy {
  char path[DSLT_ENERGY_COUNTERS][512]; /* files that count microjoules */
  double wrap[DSLT_ENERGY_COUNTERS];    /* a counter begins again at this many microjoules; 0 = never */
  int count;                            /* 0: the machine does not tell; `words` says why */
  char words[200];                      /* what is counted, or why nothing is */
} dslt_energy;

/* Look below `root` ("" is the machine's own /sys; tests give a folder that imitates it): the packages of
 * powercap's intel-rapl, which AMD's processors use too, else the sockets of hwmon's energy counters. */
void dslt_energy_find(dslt_energy *out, const char *root);
/* The counters at present, microjoules; 0 when one cannot be read. */
int dslt_energy_read(double counters[DSLT_ENERGY_COUNTERS], const dslt_energy *energy);
/* Joules between two readings, counters that began again in between considered. */
double dslt_energy_joules(const dslt_energy *energy, const double *before, const double *after);

#ifdef __cplusplus
}
#endif

#endif
