/* SPDX-License-Identifier: Apache-2.0 */
/* track_options.c: the command line of dslt track. */
#include "cli/track_options.h"

#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/track_paths.h"
#include "cli/tracker_choice.h"
#include "media/media.h"

enum {
  KEY_SELECT = 0x100,
  KEY_FORMAT,
  KEY_OVERLAY,
  KEY_DUMP,
  KEY_FRAMES,
  KEY_START,
  KEY_SUMMARY,
  KEY_SHOW,
  KEY_STORED,
  KEY_STRICT,
  KEY_LIVE
};

static const struct argp_option table[] = {
    {0, 0, 0, 0, "Target:", 1},
    {"box", 'b', "X,Y,W,H", 0,
     "The target in the first frame: left, top, width, height in pixels, 0-based. otb:FILE takes it from an "
     "OTB "
     "ground-truth file (1-based) and scores the run against the file's rows. Left out with scene:SEED, the "
     "scene's own "
     "truth is taken and scored. Given again, each names a further target; all are followed in one run",
     1},
    {"select", KEY_SELECT, 0, 0, "Draw the box with the mouse (needs a display)", 1},
    {"start", KEY_START, "N", 0, "Skip N frames; with otb:FILE its row N+1 is the box", 1},
    {"frames", KEY_FRAMES, "N", 0, "Stop after N frames", 1},
    {"as-stored", KEY_STORED, 0, 0,
     "Take the pixels as the file has them. Otherwise frames are upright: turned as a video's display matrix or a "
     "picture's EXIF orientation asks for, and boxes are in the picture that you see",
     1},
    {"strict", KEY_STRICT, 0, 0,
     "Exit with 1 when spots of the video were damaged. They are skipped and reported with or without this",
     1},
    {"live", KEY_LIVE, 0, 0,
     "Take the newest frame and drop those that came meanwhile: of cameras, addresses and pipes, never of files. jsonl, "
     "json and the summary then hold the frames dropped and the latency from a frame's arrival to its box",
     1},
    {0, 0, 0, 0, "Results:", 3},
    {"out", 'o', "FILE", 0,
     "Write the boxes; - is standard output, where every format but json comes frame by frame (default: none)",
     3},
    {"format", KEY_FORMAT, "NAME", 0,
     "Of --out: otb (default), vot, got10k, csv, json or jsonl (one JSON object a line). csv, json and jsonl hold the peak, whether the target is lost and "
     "the frame's time in seconds too; of several targets they hold a row for each with its number; the others become one file each, FILE with -1, -2 ... before its ending",
     3},
    {"overlay", KEY_OVERLAY, "FILE.mp4", 0,
     "Write the video with the boxes drawn in; .mp4 keeps the frames' times, .avi has one rate", 3},
    {"dump-response", KEY_DUMP, "DIR", 0,
     "Write each response map as NNNNN.npy and NNNNN.png (NNNNN-1, NNNNN-2 ... of several targets)", 3},
    {"summary", KEY_SUMMARY, "FILE", 0, "Write speed, times and scores as JSON", 3},
    {"show", KEY_SHOW, 0, 0, "Show the frames in a window; q ends the run", 3},
    {"quiet", 'q', 0, 0, "Print errors only", 3},
    {0}};

static const char args_doc[] = "INPUT";
static const char doc[] =
    "Follow one object, or several, through INPUT: a video file, a folder of images (natural order), a "
    "quoted glob "
    "\"DIR/a*.png\", "
    "camera:N, an address (rtsp://..., http://..., udp://... and whatever else FFmpeg knows), a video through a pipe (/dev/stdin, "
    "pipe:// or a named pipe), - (image files named on standard input, one a line) or scene:SEED[:WIDTHxHEIGHT][:hide|leave|cut] "
    "(a rendered clip; hide, leave and cut lose the object for a while)."
    "\v"
    "Examples:\n"
    "  dslt track clip.mp4 --box 120,80,64,48 -o boxes.txt\n"
    "  dslt track Crossing/img --box otb:Crossing/groundtruth_rect.txt \\\n"
    "       --overlay crossing.mp4 --summary crossing.json\n"
    "  dslt track scene:1 -w vgg16.safetensors --preset paper --set seed=2\n"
    "  dslt track clip.mp4 --box 120,80,64,48 --box 300,90,60,50 -o both.csv --format csv\n"
    "  dslt track rtsp://camera/stream --box 120,80,64,48 --live -o - --format jsonl\n"
    "  ffmpeg -v error -i clip.mkv -f matroska -c copy - | dslt track /dev/stdin --box 120,80,64,48\n"
    "\n"
    "Progress and errors go to standard error, the summary to standard output (to standard error with --out "
    "-). Files "
    "appear under their names only when complete. fps counts tracking alone, fps_with_init adds the first "
    "frame's "
    "training, fps_with_decode is frames over the time of the whole loop. Several targets share frames, "
    "decoding and weights, and each gets the "
    "box that a run of its own would find.\n"
    "\n" DSLT_EXIT_HELP;

typedef struct parsing {
  dslt_track_options *out;
  dslt_tracker_choice tracker;
  int has_format;
} parsing;

static void check_combination(struct argp_state *state, const parsing *parse) {
  const dslt_track_options *out = parse->out;
  if (out->list_options) return;
  if (!out->input)
    dslt_usage_error(state, "The input is missing: name a video, an image folder or camera:0.");
  int scene = dslt_source_is_scene(out->input);
  if (out->boxes && out->select)
    dslt_usage_error(state, "--box and --select exclude each other: choose one.");
  char hint[2 * PATH_MAX + 200];
  dslt_track_sequence_hint(hint, sizeof hint, out->input);
  if (hint[0]) dslt_usage_error(state, "%s", hint);
  if (!out->boxes && !out->select && !scene)
    dslt_usage_error(state, "The target is missing: give --box x,y,w,h, --box otb:FILE or --select.");
  if (parse->has_format && !out->out) dslt_usage_error(state, "--format needs --out FILE.");
  if (out->boxes > 1 && out->out && strcmp(out->out, "-") == 0 && !dslt_box_format_numbers(out->format))
    dslt_usage_error(state, "Several targets need --format csv, json or jsonl on standard output.");
  if (dslt_track_paths_check(out) < 0) dslt_usage_error(state, "%s", dslt_last_error());
}

static error_t parse_key(int key, char *value, struct argp_state *state) {
  parsing *parse = state->input;
  dslt_track_options *out = parse->out;
  static char name[] = "dslt track";
  dslt_argp_name(state, key, name);
  switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[1] = &parse->tracker; break;
    case 'b':
      if (out->boxes == DSLT_GROUP_TARGETS)
        dslt_usage_error(state, "One run follows at most %d targets.", DSLT_GROUP_TARGETS);
      out->box[out->boxes++] = value;
      break;
    case KEY_SELECT: out->select = 1; break;
    case KEY_START: out->start = dslt_usage_integer(state, "--start", value, 0, INT64_MAX); break;
    case KEY_FRAMES: out->frames = dslt_usage_integer(state, "--frames", value, 1, INT64_MAX); break;
    case 'o': out->out = value; break;
    case KEY_FORMAT:
      if (dslt_box_format_parse(&out->format, value) < 0) dslt_usage_error(state, "%s", dslt_last_error());
      parse->has_format = 1;
      break;
    case KEY_OVERLAY: out->overlay = value; break;
    case KEY_DUMP: out->dump_response = value; break;
    case KEY_SUMMARY: out->summary = value; break;
    case KEY_SHOW: out->show = 1; break;
    case KEY_STORED: out->as_stored = 1; break;
    case KEY_STRICT: out->strict = 1; break;
    case KEY_LIVE: out->live = 1; break;
    case 'q': out->quiet = 1; break;
    case ARGP_KEY_ARG:
      if (out->input)
        dslt_usage_error(state, "One input at a time: \"%s\" came after \"%s\".", value, out->input);
      out->input = value;
      break;
    case ARGP_KEY_END:
      out->tracker = parse->tracker.options;
      out->weights = parse->tracker.weights;
      out->list_options = parse->tracker.list;
      check_combination(state, parse);
      break;
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

void dslt_track_options_parse(dslt_track_options *out, int argc, char **argv) {
  static const struct argp_child children[] = {
      {&dslt_argp_help, 0, NULL, 0}, {&dslt_argp_tracker, 0, NULL, 2}, {0}};
  static const struct argp argp = {table, parse_key, args_doc, doc, children, NULL, NULL};
  memset(out, 0, sizeof *out);
  parsing parse = {.out = out, .tracker = {.program = "dslt track"}};
  dslt_tracker_choice_parse(&parse.tracker, &argp, argc, argv, &parse);
  free(parse.tracker.settings);
}

void dslt_track_options_list(const dslt_options *options) {
  printf("Options of preset %s; change them with --set key=value.\n\n", dslt_options_preset(options));
  dslt_option_info info;
  for (int i = 0; dslt_options_describe(&info, options, i) == DSLT_OK; i++) {
    char value[64] = "";
    if (dslt_options_get(value, sizeof value, options, info.key) < 0) snprintf(value, sizeof value, "?");
    printf("  %-20s %-12s %s%s%s%s\n", info.key, value, info.help, info.symbol[0] ? " [" : "", info.symbol,
           info.symbol[0] ? "]" : "");
    printf("  %-20s %-12s %s\n", "", "", info.values);
  }
}
