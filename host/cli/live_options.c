/* SPDX-License-Identifier: Apache-2.0 */
/* live_options.c: the command line of dslt live. */
#include "cli/live_options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/track_paths.h"
#include "cli/tracker_choice.h"
#include "live/guard.h"

enum {
  KEY_BIND = 0x100,
  KEY_TOKEN,
  KEY_FAST,
  KEY_START,
  KEY_FRAMES,
  KEY_STORED,
  KEY_LIVE,
  KEY_FORMAT,
  KEY_OVERLAY
};
enum { USUAL_PORT = 8765 };

static const struct argp_option table[] = {
    {0, 0, 0, 0, "Page:", 1},
    {"port", 'p', "N", 0, "Port of the page (default 8765); 0 takes a free one", 1},
    {"bind", KEY_BIND, "ADDRESS", 0,
     "Address of this machine, in numbers, on which the page is served (default 127.0.0.1, this machine alone). With another one, such as 0.0.0.0, "
     "the page's address holds a random token; it is not encrypted, so prefer ssh -L",
     1},
    {"token", KEY_TOKEN, 0, 0, "A random token on 127.0.0.1 too: other users of this machine cannot look on",
     1},
    {0, 0, 0, 0, "Input:", 3},
    {"box", 'b', "X,Y,W,H", 0,
     "A target in the first frame, as dslt track has it; may be given again. Without one the page waits until a box is drawn",
     3},
    {"start", KEY_START, "N", 0, "Skip N frames", 3},
    {"frames", KEY_FRAMES, "N", 0, "Stop after N frames", 3},
    {"as-stored", KEY_STORED, 0, 0, "Take the pixels as the file has them, not upright", 3},
    {"live", KEY_LIVE, 0, 0,
     "Take the newest frame and drop those that came meanwhile: of addresses and pipes; cameras always do, files never",
     3},
    {"fast", KEY_FAST, 0, 0,
     "Play files as fast as they are tracked, not at their own rate; the page can change it", 3},
    {0, 0, 0, 0, "Results:", 4},
    {"out", 'o', "FILE", 0,
     "Write all boxes when dslt live ends; - is standard output (default: none; the page can download them)",
     4},
    {"format", KEY_FORMAT, "NAME", 0, "Of --out: csv (default) or jsonl", 4},
    {"overlay", KEY_OVERLAY, "FILE.mp4", 0,
     "Write the video with the boxes drawn in; the page can pause and continue the recording. The only video that it can write",
     4},
    {"quiet", 'q', 0, 0, "Print the page's address and errors only", 4},
    {0}};

static const char args_doc[] = "INPUT";
static const char doc[] =
    "Show INPUT with boxes and response maps in a page of your browser, draw the boxes there, and watch, pause, step and set the tracker. "
    "INPUT is what dslt track takes: a video file, a folder of images, a quoted glob, camera:N, an address, a video through a pipe, - or scene:SEED."
    "\v"
    "Examples:\n"
    "  dslt live clip.mp4\n"
    "  dslt live camera:0 --overlay seen.mp4 -o boxes.csv\n"
    "  dslt live rtsp://camera/stream --live --preset dslt\n\n"
    "On a machine that you reach by SSH: start dslt live there, on your own ssh -L 8765:127.0.0.1:8765 HOST, and open "
    "http://127.0.0.1:8765/. Ctrl-C or the page's button ends the program; boxes are written then. csv and jsonl hold a row for each target and "
    "frame, with the target's number; a target that is drawn anew has a second row in that frame, the box that was given.\n"
    "\n" DSLT_EXIT_HELP;

typedef struct parsing {
  dslt_live_options *out;
  dslt_tracker_choice tracker;
  int has_format;
} parsing;

static void check(struct argp_state *state, const parsing *parse) {
  const dslt_track_options *track = &parse->out->track;
  if (track->list_options) return;
  if (!track->input)
    dslt_usage_error(state, "The input is missing: name a video, an image folder or camera:0.");
  if (parse->has_format && !track->out) dslt_usage_error(state, "--format needs --out FILE.");
  if (track->format != DSLT_FORMAT_CSV && track->format != DSLT_FORMAT_JSONL)
    dslt_usage_error(state, "--format is csv or jsonl here, because targets come and go.");
  if (dslt_live_is_loopback(parse->out->address.bind) < 0)
    dslt_usage_error(state, "--bind takes an address in numbers, such as 127.0.0.1 or 0.0.0.0, not \"%s\".",
                     parse->out->address.bind);
  if (dslt_track_paths_check(track) < 0) dslt_usage_error(state, "%s", dslt_last_error());
}

static void add_box(struct argp_state *state, dslt_track_options *track, const char *value) {
  if (track->boxes == DSLT_LIVE_TARGETS)
    dslt_usage_error(state, "The page follows at most %d targets.", DSLT_LIVE_TARGETS);
  track->box[track->boxes++] = value;
}

/* 1: the key is one of the input's or results'. */
static int parse_shared(int key, char *value, struct argp_state *state, parsing *parse) {
  dslt_track_options *track = &parse->out->track;
  switch (key) {
    case 'b': add_box(state, track, value); return 1;
    case KEY_START: track->start = dslt_usage_integer(state, "--start", value, 0, INT64_MAX); return 1;
    case KEY_FRAMES: track->frames = dslt_usage_integer(state, "--frames", value, 1, INT64_MAX); return 1;
    case KEY_STORED: track->as_stored = 1; return 1;
    case KEY_LIVE: track->live = 1; return 1;
    case 'o': track->out = value; return 1;
    case KEY_FORMAT:
      if (dslt_box_format_parse(&track->format, value) < 0) dslt_usage_error(state, "%s", dslt_last_error());
      parse->has_format = 1;
      return 1;
    case KEY_OVERLAY: track->overlay = value; return 1;
    case 'q': track->quiet = 1; return 1;
    default: return 0;
  }
}

static error_t parse_key(int key, char *value, struct argp_state *state) {
  parsing *parse = state->input;
  dslt_live_options *out = parse->out;
  static char name[] = "dslt live";
  dslt_argp_name(state, key, name);
  if (parse_shared(key, value, state, parse)) return 0;
  switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[1] = &parse->tracker; break;
    case 'p': out->address.port = (int)dslt_usage_integer(state, "--port", value, 0, 65535); break;
    case KEY_BIND: out->address.bind = value; break;
    case KEY_TOKEN: out->address.token = 1; break;
    case KEY_FAST: out->fast = 1; break;
    case ARGP_KEY_ARG:
      if (out->track.input)
        dslt_usage_error(state, "One input at a time: \"%s\" came after \"%s\".", value, out->track.input);
      out->track.input = value;
      break;
    case ARGP_KEY_END:
      out->track.tracker = parse->tracker.options;
      out->track.weights = parse->tracker.weights;
      out->track.list_options = parse->tracker.list;
      check(state, parse);
      break;
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

void dslt_live_options_parse(dslt_live_options *out, int argc, char **argv) {
  static const struct argp_child children[] = {
      {&dslt_argp_help, 0, NULL, 0}, {&dslt_argp_tracker, 0, NULL, 2}, {0}};
  static const struct argp argp = {table, parse_key, args_doc, doc, children, NULL, NULL};
  *out = (dslt_live_options){.address = {.bind = "127.0.0.1", .port = USUAL_PORT}};
  out->track.format = DSLT_FORMAT_CSV;
  parsing parse = {.out = out, .tracker = {.program = "dslt live"}};
  dslt_tracker_choice_parse(&parse.tracker, &argp, argc, argv, &parse);
  free(parse.tracker.settings);
}
