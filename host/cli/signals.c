/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c: the handlers of signals.h. */
#include "cli/signals.h"

#include <string.h>

#include "cli/exit_codes.h"

volatile sig_atomic_t dslt_signal_caught;

static void remember(int number) { dslt_signal_caught = number; }

void dslt_signals_catch(void) {
  static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU};
  struct sigaction action, before;
  memset(&action, 0, sizeof action);
  action.sa_handler = remember;
  action.sa_flags = (int)SA_RESETHAND | SA_RESTART;
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
    if (sigaction(ending[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
      sigaction(ending[i], &action, NULL);
  action.sa_handler = SIG_IGN;
  action.sa_flags = 0;
  sigaction(SIGXFSZ, &action, NULL);
}

int dslt_signals_exit_code(int otherwise) {
  return dslt_signal_caught ? DSLT_EXIT_SIGNAL + dslt_signal_caught : otherwise;
}
