/* SPDX-License-Identifier: Apache-2.0 */
/* short_spin.h: threads of a program that wait for each other sleep soon. */
#ifndef DSLT_CLI_SHORT_SPIN_H
#define DSLT_CLI_SHORT_SPIN_H

#ifdef __cplusplus
extern "C" {
#endif

/* GNU OpenMP lets threads that wait for each other spin for milliseconds. If another process uses the same
 * cores, that makes a frame up to nine times slower (bench/busy.sh); a short spin costs a few per cent on an
 * idle machine. The run-time library reads its setting when it is loaded, before main(), so the program
 * executes itself again with GOMP_SPINCOUNT=300. If the user has set that or OMP_WAIT_POLICY, nothing is
 * changed. Called before anything is computed, with main()'s arguments. */
void dslt_spin_shortly(char **argv);

#ifdef __cplusplus
}
#endif

#endif
