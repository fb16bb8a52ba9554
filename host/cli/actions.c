/* SPDX-License-Identifier: Apache-2.0 */
/* actions.c: picks the action. */
#include "cli/actions.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/console.h"
#include "cli/exit_codes.h"

enum { MOST_ACTIONS = 8 };

typedef struct choice {
  const dslt_actions *actions;
  const dslt_action *action; /* NULL: none yet */
  int first;                 /* argv index of the action's name */
} choice;

/* "info, verify or random" */
static const char *list_names(char *out, size_t size, const dslt_actions *actions) {
  size_t used = 0;
  for (int i = 0; i < actions->count && used < size; i++) {
    const char *between = i == 0 ? "" : i + 1 < actions->count ? ", " : " or ";
    used += (size_t)snprintf(out + used, size - used, "%s%s", between, actions->list[i].name);
  }
  return out;
}

static error_t parse(int key, char *value, struct argp_state *state) {
  choice *chosen = state->input;
  const dslt_actions *actions = chosen->actions;
  const char *names[MOST_ACTIONS];
  char all[160];
  if (key == ARGP_KEY_NO_ARGS)
    dslt_usage_error(state, "Say what to do: %s.", list_names(all, sizeof all, actions));
  if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;
  for (int i = 0; i < actions->count; i++) {
    names[i] = actions->list[i].name;
    if (strcmp(value, names[i]) == 0) chosen->action = &actions->list[i];
  }
  if (!chosen->action) {
    const int nearest = dslt_nearest(value, names, actions->count);
    if (nearest >= 0)
      dslt_usage_error(state, "Unknown verb \"%s\": did you mean \"%s\"?", value, names[nearest]);
    dslt_usage_error(state, "Unknown verb \"%s\": choose %s.", value, list_names(all, sizeof all, actions));
  }
  chosen->first = state->next - 1;
  state->next = state->argc; /* the other arguments belong to the action */
  return 0;
}

int dslt_actions_run(const dslt_actions *actions, int argc, char **argv) {
  const struct argp argp = {NULL, parse, actions->usage, actions->doc, NULL, NULL, NULL};
  choice chosen = {.actions = actions};
  argp_err_exit_status = DSLT_EXIT_USAGE;
  argv[0] = (char *)actions->program; /* what argp calls itself; it only prints it */
  argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &chosen);
  argv[chosen.first] = (char *)chosen.action->program;
  return chosen.action->run(argc - chosen.first, argv + chosen.first);
}
