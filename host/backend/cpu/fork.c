/* SPDX-License-Identifier: Apache-2.0 */
/* fork.c: records in which process OpenMP started its threads. */
#include "fork.h"

#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>

/* Global because OpenMP's thread pool is global too: id of the process that started it, 0 before. */
static _Atomic(pid_t) pool_owner;

int dslt_cpu_threads_are_gone(void) {
  const pid_t owner = atomic_load(&pool_owner);
  return owner != 0 && owner != getpid() && gettid() == getpid();
}

void dslt_cpu_threads_start(void) {
  pid_t nobody = 0;
  atomic_compare_exchange_strong(&pool_owner, &nobody, getpid());
}
