/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_trax.c: dslt trax: serves VOT's toolkit, or prints how to be called by it. Nothing but messages may come on
 * either output before hello, because the toolkit reads both as one. */
#include "cli/cmd_trax.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/track_options.h"
#include "cli/trax_options.h"
#include "cli/trax_selftest.h"
#include "trax/folder.h"
#include "trax/server.h"

/* ---- trackers.ini -------------------------------------------------------------------------------- */

/* A word for the toolkit, which splits a command as a shell does, from a file in which % begins a reference. */
static void print_word(const char *word) {
  const int plain = word[0] && !word[strspn(word,
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                            "/._-+=:,?&@")];
  if (!plain) putchar('\'');
  for (; *word; word++) {
    if (*word == '\'')
      fputs("'\"'\"'", stdout);
    else if (*word == '%')
      fputs("%%", stdout);
    else
      putchar(*word);
  }
  if (!plain) putchar('\'');
}

static void print_section(const dslt_words *command, const char *ending, const char *protocol) {
  printf("[dslt%s]\nlabel = dslt%s\nprotocol = %s\ncommand =", ending, ending, protocol);
  for (int i = 0; i < command->count; i++) {
    putchar(' ');
    print_word(command->at[i]);
  }
  if (ending[0]) fputs(" --folder", stdout);
  putchar('\n');
}

static int print_ini(const dslt_trax_options *options) {
  dslt_words command = {0};
  dslt_trax_options quiet = *options;
  int rc = dslt_trax_command(&command, options);
  if (rc == DSLT_OK) {
    fputs("# For VOT's toolkit: vot test dslt, vot evaluate dslt (pip install vot-toolkit).\n", stdout);
    print_section(&command, "", "trax");
  }
  dslt_words_free(&command);
  quiet.log = NULL;
  if (rc == DSLT_OK) rc = dslt_trax_command(&command, &quiet);
  if (rc == DSLT_OK) {
    fputs("\n# The same by files instead of messages; toolkit 0.8.1 and later.\n", stdout);
    print_section(&command, "-folder", "folder");
  }
  dslt_words_free(&command);
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : DSLT_EXIT_OK;
}

/* ---- serving ------------------------------------------------------------------------------------- */

static const char *summary_of(const dslt_options *options) {
  dslt_preset_info preset;
  for (int i = 0; dslt_preset_describe(&preset, i) == DSLT_OK; i++)
    if (strcmp(preset.name, dslt_options_preset(options)) == 0) return preset.summary;
  return "";
}

static int serve(const dslt_trax_options *options, dslt_weights *weights) {
  const dslt_trax_setup setup = {.version = options->version,
                                 .single = options->single,
                                 .rectangles = options->rectangles,
                                 .name = options->name,
                                 .summary = summary_of(options->tracker.options),
                                 .options = options->tracker.options,
                                 .weights = weights};
  dslt_trax_stream stream;
  signal(SIGPIPE, SIG_IGN); /* a client that went away is an error of writing */
  int rc = dslt_trax_stream_server(&stream, options->log);
  if (rc == DSLT_OK) rc = dslt_trax_serve(&stream, &setup);
  dslt_trax_stream_close(&stream);
  return rc;
}

static int run(const dslt_trax_options *options) {
  dslt_weights *weights = NULL;
  int rc = dslt_weights_load(&weights, options->weights);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_WEIGHTS);
  const dslt_trax_folder_setup setup = {options->folder, options->tracker.options, weights};
  rc = options->task == DSLT_TRAX_FOLDER ? dslt_trax_folder_run(&setup) : serve(options, weights);
  const int exit_code = rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_INPUT) : DSLT_EXIT_OK;
  dslt_weights_free(weights);
  return exit_code;
}

int dslt_cmd_trax(int argc, char **argv) {
  dslt_trax_options options;
  int exit_code;
  dslt_trax_options_parse(&options, argc, argv);
  if (options.tracker.list) {
    dslt_track_options_list(options.tracker.options);
    exit_code = DSLT_EXIT_OK;
  } else if (options.task == DSLT_TRAX_INI) {
    exit_code = print_ini(&options);
  } else if (options.task == DSLT_TRAX_SELFTEST) {
    exit_code = dslt_trax_selftest(&options);
  } else {
    exit_code = run(&options);
  }
  dslt_trax_options_free(&options);
  return exit_code;
}
