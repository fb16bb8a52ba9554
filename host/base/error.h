/* SPDX-License-Identifier: Apache-2.0 */
/* error.h: how a failure travels: a code upwards, a full sentence in the thread's last error. */
#ifndef DSLT_BASE_ERROR_H
#define DSLT_BASE_ERROR_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Remember a sentence for dslt_last_error() and give `code` back, so that `return dslt_fail(...)` reads well.
 * Names the thing and says what to do; ends with a full stop; no newline. */
int dslt_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put "prefix: " before the thread's sentence (e.g. the file's name) and give `code` back. */
int dslt_fail_prefix(int code, const char *prefix);

/* Return early on failure. */
#define DSLT_TRY(call)                         \
  do {                                         \
    int dslt_try_rc_ = (call);                 \
    if (dslt_try_rc_ < 0) return dslt_try_rc_; \
  } while (0)

/* Go to the function's clean-up, at label `done`, with the result in `rc`, unless it is DSLT_OK. */
#define DSLT_TRY_OR_DONE(call)               \
  do {                                       \
    if ((rc = (call)) != DSLT_OK) goto done; \
  } while (0)

#ifdef __cplusplus
}
#endif

#endif
