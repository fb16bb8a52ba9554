/* SPDX-License-Identifier: Apache-2.0 */
/* convergence.h: how fast first-frame training went in a folder of results (figure 11 of the paper). */
#ifndef DSLT_EXPERIMENT_CONVERGENCE_H
#define DSLT_EXPERIMENT_CONVERGENCE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One file of RESULTS/losses. */
typedef struct dslt_loss_curve {
  char *name; /* of the sequence; owned */
  int64_t init_steps, update_steps, updates;
  int count;
  double *losses; /* [count] of the first training, in order; NaN where it was not finite; owned */
} dslt_loss_curve;

typedef struct dslt_convergence {
  dslt_loss_curve *curves; /* in the order asked for; owned */
  int count;
  double mean_init_steps, mean_steps; /* means per sequence; the second includes the updates */
  /* Means over the sequences at each step. A sequence that stopped earlier keeps its last value. */
  int steps;
  double *mean;     /* [steps]; owned */
  double *relative; /* [steps] of loss / first loss, which different losses share; owned */
  int *running;     /* [steps] sequences that had not stopped; owned */
} dslt_convergence;

/* Read `count` files, given relative to the folder `results`, of the sequences `names`. DSLT_EIO,
 * DSLT_EFORMAT name the file; DSLT_EMEMORY. Free with dslt_convergence_free(), also after an error. */
int dslt_convergence_read(dslt_convergence *out, const char *results, const char *const *files,
                          const char *const *names, int count);
void dslt_convergence_free(dslt_convergence *convergence);
#ifdef __cplusplus
}
#endif

#endif
