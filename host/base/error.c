/* SPDX-License-Identifier: Apache-2.0 */
/* error.c: the thread's last sentence. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char last_error[1024];

int dslt_fail(int code, const char *format, ...) {
  char text[sizeof last_error]; /* the arguments may point into last_error itself */
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  memcpy(last_error, text, sizeof text);
  return code;
}

int dslt_fail_prefix(int code, const char *prefix) {
  char text[sizeof last_error];
  snprintf(text, sizeof text, "%s", last_error);
  return dslt_fail(code, "%s: %s", prefix, text);
}

const char *dslt_last_error(void) { return last_error; }

const char *dslt_error_name(int code) {
  switch (code) {
    case DSLT_OK: return "DSLT_OK";
#define XX(name, number, text) \
  case DSLT_E##name: return "DSLT_E" #name;
      DSLT_ERROR_MAP(XX)
#undef XX
    default: return "DSLT_E?";
  }
}

const char *dslt_error_text(int code) {
  switch (code) {
    case DSLT_OK: return "success";
#define XX(name, number, text) \
  case DSLT_E##name: return text;
      DSLT_ERROR_MAP(XX)
#undef XX
    default: return "unknown error";
  }
}

#define DSLT_STRING_(x) #x
#define DSLT_STRING(x) DSLT_STRING_(x)

const char *dslt_version(void) {
  return DSLT_STRING(DSLT_VERSION_MAJOR) "." DSLT_STRING(DSLT_VERSION_MINOR) "." DSLT_STRING(
      DSLT_VERSION_PATCH);
}
