/* SPDX-License-Identifier: Apache-2.0 */
/* console.c: error sentences, exit codes, help, numbers of the command line. */
#include "cli/console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit_codes.h"
#include "dslt/dslt.h"

static void say(const char *format, va_list list) {
  fputs("dslt: ", stderr);
  vfprintf(stderr, format, list);
  fputc('\n', stderr);
}

void dslt_console_error(const char *format, ...) {
  va_list list;
  va_start(list, format);
  say(format, list);
  va_end(list);
}

int dslt_exit_code(int code, int otherwise) {
  switch (code) {
    case DSLT_OK: return DSLT_EXIT_OK;
    case DSLT_EOPTION: return DSLT_EXIT_USAGE;
    case DSLT_EFRAME:
    case DSLT_EBOX: return DSLT_EXIT_INPUT;
    case DSLT_EWEIGHTS: return DSLT_EXIT_WEIGHTS;
    case DSLT_EBACKEND:
    case DSLT_EDEVICE:
    case DSLT_EDEVICE_MEMORY:
    case DSLT_EDISPLAY:
    case DSLT_EUNSUPPORTED: return DSLT_EXIT_DEVICE;
    case DSLT_EMEMORY:
    case DSLT_EINTERNAL: return DSLT_EXIT_FAILED;
    default: return otherwise;
  }
}

int dslt_console_fail(int code, int otherwise) {
  const char *sentence = dslt_last_error();
  dslt_console_error("%s", sentence[0] ? sentence : dslt_error_text(code));
  return dslt_exit_code(code, otherwise);
}

/* ---- command lines ------------------------------------------------------------------------------- */

enum { KEY_USAGE = 0x7001 };

static const struct argp_option help_table[] = {
    {"help", '?', 0, 0, "Print this help", -1},
    {"usage", KEY_USAGE, 0, 0, "Print the options in a few lines", -1},
    {"version", 'V', 0, 0, "Print the version", -1},
    {0}};

static error_t parse_help(int key, char *value, struct argp_state *state) {
  (void)value;
  if (key != ARGP_KEY_INIT) state->name = state->input;
  switch (key) {
    case '?': argp_state_help(state, stdout, ARGP_HELP_STD_HELP); break;
    case KEY_USAGE: argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK); break;
    case 'V': printf("dslt %s\n", dslt_version()); exit(DSLT_EXIT_OK);
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

const struct argp dslt_argp_help = {help_table, parse_help, NULL, NULL, NULL, NULL, NULL};

void dslt_argp_name(struct argp_state *state, int key, char *name) {
  if (key == ARGP_KEY_INIT)
    state->child_inputs[0] = name;
  else
    state->name = name;
}

void dslt_usage_error(const struct argp_state *state, const char *format, ...) {
  va_list list;
  va_start(list, format);
  say(format, list);
  va_end(list);
  argp_state_help(state, stderr, ARGP_HELP_SEE);
  exit(DSLT_EXIT_USAGE);
}

int64_t dslt_usage_integer(const struct argp_state *state, const char *option, const char *text, int64_t low,
                           int64_t high) {
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (end == text || *end || errno || value < low || value > high) {
    if (high == INT64_MAX)
      dslt_usage_error(state, "%s takes a whole number from %lld up, not \"%s\".", option, (long long)low,
                       text);
    dslt_usage_error(state, "%s takes a whole number from %lld to %lld, not \"%s\".", option, (long long)low,
                     (long long)high, text);
  }
  return value;
}
