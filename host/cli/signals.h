/* SPDX-License-Identifier: Apache-2.0 */
/* signals.h: catches signals that would end the program, so that results are written first. */
#ifndef DSLT_CLI_SIGNALS_H
#define DSLT_CLI_SIGNALS_H

#include <signal.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From now on the first signal of each kind that can be caught (interrupt, hang-up, terminate, time limits
 * ...) is only recorded; a second one of its kind ends the program at once. A signal that the caller of the
 * program had ignored, as nohup does, stays ignored. A file-size limit becomes an error of writing. */
void dslt_signals_catch(void);

/* The signal that was caught, or 0. */
extern volatile sig_atomic_t dslt_signal_caught;
/* The exit code that says so, 128 plus its number; `otherwise` where none was caught. */
int dslt_signals_exit_code(int otherwise);

#ifdef __cplusplus
}
#endif

#endif
