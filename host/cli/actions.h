/* SPDX-License-Identifier: Apache-2.0 */
/* actions.h: verbs with subcommands (actions): `dslt dataset check`, `dslt weights info`. */
#ifndef DSLT_CLI_ACTIONS_H
#define DSLT_CLI_ACTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_action {
  const char *name;    /* "check" */
  const char *program; /* "dslt dataset check" */
  int (*run)(int argc, char **argv);
} dslt_action;

/* A verb and its actions; the texts are argp's. */
typedef struct dslt_actions {
  const char *program; /* "dslt dataset" */
  const char *usage, *doc;
  const dslt_action *list;
  int count;
} dslt_actions;

/* Read which action is meant and run it with the arguments behind its name; its exit code. A wrong or missing
 * name ends the program with exit code 2, --help with 0. */
int dslt_actions_run(const dslt_actions *actions, int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
