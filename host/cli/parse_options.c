/* SPDX-License-Identifier: Apache-2.0 */
/* parse_options.c: argp for a verb, with better answers to options that there are not. */
#include "cli/parse_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/console.h"
#include "cli/exit_codes.h"

enum { MOST_OPTIONS = 256 };

typedef struct option_names {
  const char *name[MOST_OPTIONS];
  int takes_value[MOST_OPTIONS]; /* 1: the next argument is its value, unless it stands behind "=" */
  int count;
} option_names;

static void collect(option_names *out, const struct argp *argp) {
  const struct argp_option *o = argp->options,
                           *named = o; /* an alias takes what the option before it takes */
  for (; o && (o->name || o->key || o->doc || o->group); o++) {
    if (!(o->flags & OPTION_ALIAS)) named = o;
    if (!o->name || out->count == MOST_OPTIONS) continue;
    out->takes_value[out->count] = named->arg && !(named->flags & OPTION_ARG_OPTIONAL);
    out->name[out->count++] = o->name;
  }
  for (const struct argp_child *c = argp->children; c && c->argp; c++) collect(out, c->argp);
}

/* Index of the option that `name` means, whole or as a beginning, as getopt reads it; -1 where there is none. Where a
 * beginning fits several, getopt says so. */
static int find(const option_names *known, const char *name, size_t length) {
  for (int i = 0; i < known->count; i++)
    if (strncmp(known->name[i], name, length) == 0) return i;
  return -1;
}

static void refuse(const option_names *known, const char *program, const char *name, size_t length) {
  char text[64];
  if (length >= sizeof text) length = sizeof text - 1;
  memcpy(text, name, length);
  text[length] = '\0';
  const int nearest = dslt_nearest(text, known->name, known->count);
  if (nearest >= 0)
    dslt_console_error("Unknown option \"--%s\": did you mean \"--%s\"? See %s --help.", text,
                       known->name[nearest], program);
  else
    dslt_console_error("Unknown option \"--%s\": see %s --help for what there is.", text, program);
  exit(DSLT_EXIT_USAGE);
}

void dslt_check_options(const struct argp *argp, const char *program, int argc, char **argv) {
  option_names known = {.name = {"help", "usage", "version"}, .count = 3};
  collect(&known, argp);
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (strncmp(argv[i], "--", 2) != 0) continue;
    const char *name = argv[i] + 2;
    const size_t length = strcspn(name, "=");
    const int at = find(&known, name, length);
    if (at < 0) refuse(&known, program, name, length);
    if (known.takes_value[at] && !name[length]) i++;
  }
}

void dslt_parse_options(const struct argp *argp, const char *program, int argc, char **argv, void *input) {
  static char name[] = "dslt"; /* argp puts it before its sentences */
  dslt_check_options(argp, program, argc, argv);
  argv[0] = name;
  argp_parse(argp, argc, argv, ARGP_NO_HELP, NULL, input);
}
