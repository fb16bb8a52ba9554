/* SPDX-License-Identifier: Apache-2.0 */
/* trax_options.c: the command line of dslt trax, both ways. */
#include "cli/trax_options.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "report/weights.h"
#include "trax/server.h"

enum {
  KEY_PROTOCOL = 0x100,
  KEY_SINGLE,
  KEY_RECTANGLES,
  KEY_NAME,
  KEY_LOG,
  KEY_FOLDER,
  KEY_SELFTEST,
  KEY_INI
};

static const struct argp_option table[] = {
    {0, 0, 0, 0, "What to do instead of serving:", 1},
    {"print-ini", KEY_INI, 0, 0, "Print trackers.ini for VOT's toolkit with this command, and stop", 1},
    {"selftest", KEY_SELFTEST, 0, 0,
     "Start this command as VOT's toolkit would, follow a rendered clip, say how it went", 1},
    {"folder", KEY_FOLDER, "DIR", OPTION_ARG_OPTIONAL,
     "The toolkit's protocol \"folder\": read frames_color.txt and query_ID.txt in DIR (default: the present folder), "
     "write output_ID.txt and output_ID_confidence.txt",
     1},
    {0, 0, 0, 0, "Protocol:", 3},
    {"protocol", KEY_PROTOCOL, "N", 0, "Version of TraX that is spoken, 1 to 4 (default 4)", 3},
    {"single", KEY_SINGLE, 0, 0, "Offer one object at a time (before version 4 that is always so)", 3},
    {"rectangles", KEY_RECTANGLES, 0, 0,
     "Ask for rectangles alone: the client turns polygons and masks into their bounding boxes. Without it a polygon "
     "becomes the box of its area, as dslt run and dslt eval take VOT's ground truth, and a mask its enclosing box",
     3},
    {"name", KEY_NAME, "TEXT", 0, "Name of the tracker (default dslt)", 3},
    {"log", KEY_LOG, "FILE", 0,
     "Write what is said on both sides; the toolkit starts trackers in a folder that it removes, so give a whole path",
     3},
    {0}};

static const char doc[] =
    "Serve as a tracker for VOT's toolkit (PyPI: vot-toolkit) and other clients of the TraX protocol, on standard input "
    "and output or, where TRAX_SOCKET is set, on that port of 127.0.0.1."
    "\v"
    "Examples:\n"
    "  dslt trax --selftest\n"
    "  dslt trax --print-ini > trackers.ini; vot test dslt\n"
    "  dslt trax --preset dslt --set seed=2 --print-ini\n\n"
    "hello comes after the weights are loaded. Frames may be paths, pixels or encoded pictures (JPEG, PNG), not "
    "addresses; regions rectangles, polygons or masks. Answers are rectangles with the property confidence, the peak of "
    "the response. In version 4 up to 64 objects join at any frame, and are forgotten together. What cannot be done ends "
    "the session with a quit that says why.\n"
    "\n" DSLT_EXIT_HELP;

/* The toolkit starts trackers in another folder, so a file's name needs its whole path. */
static int make_absolute(dslt_trax_options *out) {
  const char *given = out->tracker.weights;
  char file[PATH_MAX], real[PATH_MAX];
  size_t length = strlen(given);
  snprintf(out->weights, sizeof out->weights, "%s", given);
  if (dslt_report_weights_built_in(given)) return 1;
  for (int settings = 0; settings < 2; settings++) { /* settings may follow the name */
    if (snprintf(file, sizeof file, "%.*s", (int)length, given) < (int)sizeof file && realpath(file, real))
      return snprintf(out->weights, sizeof out->weights, "%s%s", real, given + length) <
             (int)sizeof out->weights;
    length = strcspn(given, "?");
  }
  return 1; /* loading will fail, with the reason */
}

static void check(struct argp_state *state, dslt_trax_options *out) {
  if (!make_absolute(out)) dslt_usage_error(state, "The name of the weights is too long.");
  if (out->task == DSLT_TRAX_FOLDER && out->log)
    dslt_usage_error(state, "--log records a session, which --folder does not have.");
}

static void set_task(struct argp_state *state, dslt_trax_options *out, dslt_trax_task task) {
  if (out->task != DSLT_TRAX_SERVE && out->task != task)
    dslt_usage_error(state, "--print-ini, --selftest and --folder exclude each other: choose one.");
  out->task = task;
}

static error_t parse_key(int key, char *value, struct argp_state *state) {
  dslt_trax_options *out = state->input;
  static char name[] = "dslt trax";
  dslt_argp_name(state, key, name);
  switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[1] = &out->tracker; break;
    case KEY_PROTOCOL:
      out->version = (int)dslt_usage_integer(state, "--protocol", value, DSLT_TRAX_FIRST_VERSION,
                                             DSLT_TRAX_LAST_VERSION);
      break;
    case KEY_SINGLE: out->single = 1; break;
    case KEY_RECTANGLES: out->rectangles = 1; break;
    case KEY_NAME: out->name = value; break;
    case KEY_LOG: out->log = value; break;
    case KEY_FOLDER:
      set_task(state, out, DSLT_TRAX_FOLDER);
      out->folder = value ? value : ".";
      break;
    case KEY_SELFTEST: set_task(state, out, DSLT_TRAX_SELFTEST); break;
    case KEY_INI: set_task(state, out, DSLT_TRAX_INI); break;
    case ARGP_KEY_ARG: dslt_usage_error(state, "dslt trax takes no argument, but \"%s\" was given.", value);
    case ARGP_KEY_END: check(state, out); break;
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

void dslt_trax_options_parse(dslt_trax_options *out, int argc, char **argv) {
  static const struct argp_child children[] = {
      {&dslt_argp_help, 0, NULL, 0}, {&dslt_argp_tracker, 0, NULL, 2}, {0}};
  static const struct argp argp = {table, parse_key, NULL, doc, children, NULL, NULL};
  *out = (dslt_trax_options){.version = DSLT_TRAX_LAST_VERSION, .name = "dslt"};
  out->tracker = (dslt_tracker_choice){.program = "dslt trax"};
  dslt_tracker_choice_parse(&out->tracker, &argp, argc, argv, out);
}

void dslt_trax_options_free(dslt_trax_options *options) {
  dslt_options_free(options->tracker.options);
  free(options->tracker.settings);
}

/* ---- the command written out --------------------------------------------------------------------- */

static int add(dslt_words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int add(dslt_words *w, const char *format, ...) {
  if (w->count + 1 >= w->room) {
    const int room = w->room ? 2 * w->room : 32;
    char **at = realloc(w->at, (size_t)room * sizeof *at);
    if (!at) return dslt_fail(DSLT_EMEMORY, "Out of memory for a command.");
    w->at = at;
    w->room = room;
  }
  va_list list;
  va_start(list, format);
  const int length = vasprintf(&w->at[w->count], format, list);
  va_end(list);
  if (length < 0) {
    w->at[w->count] = NULL;
    return dslt_fail(DSLT_EMEMORY, "Out of memory for a command.");
  }
  w->at[++w->count] = NULL;
  return DSLT_OK;
}

int dslt_trax_command(dslt_words *out, const dslt_trax_options *o) {
  char program[PATH_MAX], log[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0) return dslt_fail(DSLT_EIO, "The program's own place is not known: is /proc mounted?");
  program[length] = '\0';
  DSLT_TRY(add(out, "%s", program));
  DSLT_TRY(add(out, "trax"));
  DSLT_TRY(add(out, "--preset=%s", o->tracker.preset));
  if (strcmp(o->weights, dslt_options_weights(o->tracker.options)) != 0)
    DSLT_TRY(add(out, "--weights=%s", o->weights));
  for (int i = 0; i < o->tracker.count; i++)
    DSLT_TRY(add(out, "--set=%s=%s", o->tracker.settings[i].key, o->tracker.settings[i].value));
  if (o->version != DSLT_TRAX_LAST_VERSION) DSLT_TRY(add(out, "--protocol=%d", o->version));
  if (o->single) DSLT_TRY(add(out, "--single"));
  if (o->rectangles) DSLT_TRY(add(out, "--rectangles"));
  if (strcmp(o->name, "dslt") != 0) DSLT_TRY(add(out, "--name=%s", o->name));
  if (!o->log) return DSLT_OK;
  if (o->log[0] == '/') return add(out, "--log=%s", o->log);
  if (!getcwd(log, sizeof log)) return dslt_fail(DSLT_EIO, "The present folder's path is not known.");
  return add(out, "--log=%s/%s", log, o->log);
}

void dslt_words_free(dslt_words *words) {
  for (int i = 0; i < words->count; i++) free(words->at[i]);
  free(words->at);
  *words = (dslt_words){0};
}
