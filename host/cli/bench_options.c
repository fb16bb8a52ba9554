/* SPDX-License-Identifier: Apache-2.0 */
/* bench_options.c: the command line of dslt bench: texts, values, checks. */
#include "cli/bench_options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gpus.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"

enum {
  KEY_SEQUENCES = 0x100,
  KEY_FRAMES,
  KEY_REPEAT,
  KEY_NO_DECODING,
  KEY_NO_CEILING,
  KEY_COMPARE,
  KEY_OUTPUT,
  KEY_SWEEP,
  KEY_VALUES,
  KEY_PLOT,
  KEY_BACKBONE,
  KEY_SIDE,
  KEY_ROOFLINE
};

static const struct argp_option table[] = {
    {0, 0, 0, 0, "What is tracked:", 1},
    {"box", 'b', "X,Y,W,H", 0, "The target in the first frame of a video or folder of pictures, 0-based", 1},
    {"sequences", KEY_SEQUENCES, "A,B", 0, "Only these sequences of a folder of them", 1},
    {"frames", KEY_FRAMES, "N", 0, "At most N frames of each target (default: all; 60 with --sweep)", 1},
    {"repeat", KEY_REPEAT, "N", 0, "Measure everything N times; medians and spread are shown (default 1)", 1},
    {"no-decoding", KEY_NO_DECODING, 0, 0, "Leave out the runs with frames decoded meanwhile", 1},
    {"backbone", KEY_BACKBONE, "FILE", OPTION_ARG_OPTIONAL,
     "Track nothing: the network of FILE (default: that of --weights) layer by layer", 1},
    {"side", KEY_SIDE, "N", 0, "With --backbone: of a picture of N x N pixels (default 256)", 1},
    {"roofline", KEY_ROOFLINE, "GPU", 0,
     "Measure nothing: what a frame of INPUT (default scene:1) needs at least on the GPU of this name, or cuda "
     "for every GPU known, none of which has to be here",
     1},
    {"no-ceiling", KEY_NO_CEILING, 0, 0, "Leave out what the machine could do", 1},
    {0, 0, 0, 0, "Sweeps:", 3},
    {"sweep", KEY_SWEEP, "WHAT", 0,
     "How cost grows with targets (a group on the same frames), memory (T, stored samples), levels (of the "
     "scale "
     "pyramid) or size (frames times a factor)",
     3},
    {"values", KEY_VALUES, "A,B,..", 0,
     "Of the sweep; default targets 1,2,4,8, memory 1,2,4,7,10,16, levels 1,3,5,7, size 0.5,1,2,3", 3},
    {"plot", KEY_PLOT, "FILE", 0, "Draw the sweep as .png, .svg or .pdf (Python 3 with matplotlib)", 3},
    {0, 0, 0, 0, "Results:", 4},
    {"output", KEY_OUTPUT, "NAME", 0, "console (default), csv or json", 4},
    {"out", 'o', "FILE", 0, "Write it there instead of to standard output", 4},
    {"compare-paper", KEY_COMPARE, 0, 0,
     "Ratios to the paper's 5.7 frames per second, and what each includes", 4},
    {"quiet", 'q', 0, 0, "No progress on standard error", 4},
    {0}};

static const char doc[] =
    "Measure the tracker's speed on INPUT: scene:SEED[:WIDTHxHEIGHT] (generated frames), a folder of "
    "sequences laid "
    "out like OTB, one such sequence, or, with --box, a video or a folder of pictures."
    "\v"
    "Four rates: with and without the first frame's training, with and without decoding. Without decoding "
    "the "
    "frames "
    "wait in memory, so that nothing but the tracker runs while the clock does; with it a thread decodes "
    "ahead, as "
    "dslt track does. Latency is that of dslt_tracker_update(): p95 is the time that 95 % of the frames "
    "keep. "
    "Over "
    "several targets, rates and the first frame are the median target's, latencies and stages those of all "
    "frames.\n\n"
    "Each stage's arithmetic and least memory traffic are counted from its shapes and set beside what this "
    "processor "
    "reaches at best, in a matrix product or a convolution and from memory, in the same run (\"floor\" is "
    "the time it "
    "needs at least). The backbone is also set beside oneDNN's fastest convolutions on its very shapes. Run "
    "it on an "
    "idle machine; the result says which share of the cores other processes kept busy.\n\n"
    "--backbone prints each layer's milliseconds, operations and bytes, and how much of the time the processor "
    "would need at least: the larger of its operations at the peak of the multiply-add units and its bytes "
    "(inputs, weights and map, once) at the rate of the cache, or the memory, that holds so many. Both are "
    "measured in the same run: a loop of multiply-adds between registers, or a matrix product or convolution "
    "where that is faster, and reading and copying of 16 KiB to 16 MiB a thread. Products with "
    "padding, and those that Winograd's tiles save, are not counted.\n\n"
    "--roofline prints, stage by stage, the operations, bytes and nodes of the CUDA graph of a frame in which "
    "everything runs (search, scales, an update from a full store), and its floor on that GPU: the longest of "
    "the operations at the tensor cores' rate, the bytes at the memory's, and the nodes one after the other. "
    "No frame can be faster; how near to it the real one comes is what dslt bench --backend cuda measures "
    "there. Nodes are known for presets as they stand.\n\n"
    "Examples:\n"
    "  dslt bench scene:1 --repeat 3\n"
    "  dslt bench OTB100 --frames 200 --output json -o bench/results/otb.json\n"
    "  dslt bench OTB100/Crossing --weights random:vgg16 --preset paper --compare-paper\n"
    "  dslt bench clip.mp4 --box 120,80,64,48 --precision bf16\n"
    "  dslt bench scene:1 --sweep targets --values 1,2,4,8 --plot targets.png\n"
    "  dslt bench --backbone model.onnx --side 320 --threads 1\n"
    "  dslt bench --roofline H200 --preset paper --weights random:vgg16\n\n"
    "Exit codes: 0 done, 1 the run failed, 2 wrong command line, 3 unusable file, frame or box, 4 unusable "
    "weights, "
    "5 backend, device or Python not available, 130 or 143 interrupted (nothing is written).";

/* ---- sweeps -------------------------------------------------------------------------------------- */

typedef struct sweep {
  double low, high; /* of a value */
  int whole, odd;
  const char *values; /* default */
} sweep;

static const sweep sweeps[] = {[DSLT_SWEEP_NONE] = {0, 0, 0, 0, ""},
                               [DSLT_SWEEP_TARGETS] = {1, 64, 1, 0, "1,2,4,8"},
                               [DSLT_SWEEP_MEMORY] = {1, 64, 1, 0, "1,2,4,7,10,16"},
                               [DSLT_SWEEP_LEVELS] = {1, 9, 1, 1, "1,3,5,7"},
                               [DSLT_SWEEP_SIZE] = {0.05, 16, 0, 0, "0.5,1,2,3"}};
enum { SWEEPS = sizeof sweeps / sizeof *sweeps };

static dslt_bench_sweep_kind parse_sweep(const struct argp_state *state, const char *text) {
  for (int i = 1; i < SWEEPS; i++)
    if (strcmp(text, dslt_bench_sweep_name((dslt_bench_sweep_kind)i)) == 0) return (dslt_bench_sweep_kind)i;
  dslt_usage_error(state, "--sweep takes targets, memory, levels or size, not \"%s\".", text);
}

static void parse_values(dslt_bench_request *out, const struct argp_state *state, const char *text) {
  const sweep *s = &sweeps[out->sweep];
  out->value_count = 0;
  for (const char *p = text;; p++) {
    char *end;
    errno = 0;
    const double value = strtod(p, &end);
    if (end == p || (*end && *end != ',') || errno || !(value >= s->low && value <= s->high) ||
        (s->whole && value != (double)(int)value) || (s->odd && (int)value % 2 == 0))
      dslt_usage_error(state,
                       "--values of %s are %s numbers from %g to %g with commas between them, not \"%s\".",
                       dslt_bench_sweep_name(out->sweep),
                       s->odd     ? "odd"
                       : s->whole ? "whole"
                                  : "decimal",
                       s->low, s->high, text);
    if (out->value_count == DSLT_SWEEP_MOST)
      dslt_usage_error(state, "--values has room for %d values.", (int)DSLT_SWEEP_MOST);
    if (out->value_count && !(value > out->values[out->value_count - 1]))
      dslt_usage_error(state, "--values must rise from one to the next, unlike \"%s\".", text);
    out->values[out->value_count++] = value;
    if (!*end) return;
    p = end;
  }
}

/* ---- all ----------------------------------------------------------------------------------------- */

typedef struct parsing {
  dslt_bench_command *out;
  const char *values;
  int backbone, side;
  const char *file; /* of --backbone=FILE */
} parsing;

/* A GPU of the table, or all of them. */
static void check_roofline(const struct argp_state *state, const dslt_bench_request *out, int backbone) {
  char names[400];
  if (strcmp(out->roofline, "cuda") != 0 && !dslt_gpu_find(out->roofline))
    dslt_usage_error(state, "--roofline knows no GPU \"%s\"; it takes cuda (all of them) or one of: %s.",
                     out->roofline, dslt_gpu_names(names, sizeof names));
  if (backbone || out->sweep || out->compare_paper)
    dslt_usage_error(state, "--roofline measures nothing: leave out %s.",
                     backbone     ? "--backbone"
                     : out->sweep ? "--sweep"
                                  : "--compare-paper");
  if (out->input_count > 1)
    dslt_usage_error(state, "--roofline counts one frame, so it takes one input, not %d.", out->input_count);
}

/* FILE stands behind --backbone= or is the only word without an option; those come after all options. */
static void take_file(struct argp_state *state, parsing *parse, const char *file) {
  if (parse->file)
    dslt_usage_error(state, "--backbone takes one file, not both %s and %s.", parse->file, file);
  parse->file = parse->out->tracker.weights = file;
}

static void check(struct argp_state *state, parsing *parse) {
  dslt_bench_request *out = &parse->out->request;
  out->options = parse->out->tracker.options;
  out->weights = parse->out->tracker.weights;
  if (parse->out->tracker.list) return;
  if (out->roofline) {
    static char scene[] = "scene:1";
    check_roofline(state, out, 0);
    if (out->input_count == 0) out->inputs[out->input_count++] = scene;
  }
  if (out->input_count == 0)
    dslt_usage_error(state,
                     "The input is missing: name a scene (scene:1), a folder of sequences or a video.");
  if (out->box && out->input_count > 1)
    dslt_usage_error(state, "--box belongs to one input, but %d are given.", out->input_count);
  if (parse->side) dslt_usage_error(state, "--side needs --backbone.");
  if (parse->values && !out->sweep) dslt_usage_error(state, "--values needs --sweep.");
  if (out->plot && !out->sweep) dslt_usage_error(state, "--plot draws a sweep: give --sweep.");
  if (out->plot) {
    const char *dot = strrchr(out->plot, '.');
    if (!dot || (strcmp(dot, ".png") != 0 && strcmp(dot, ".svg") != 0 && strcmp(dot, ".pdf") != 0))
      dslt_usage_error(state, "--plot writes .png, .svg or .pdf, not \"%s\".", out->plot);
  }
  if (out->compare_paper && out->sweep)
    dslt_usage_error(state, "--compare-paper and --sweep exclude each other: choose one.");
  if (!out->sweep) return;
  parse_values(out, state, parse->values ? parse->values : sweeps[out->sweep].values);
  if (out->frames == 0) out->frames = 60;
}

static dslt_bench_output parse_output(const struct argp_state *state, const char *text) {
  static const char *const names[] = {"console", "csv", "json"};
  for (int i = 0; i < 3; i++)
    if (strcmp(text, names[i]) == 0) return (dslt_bench_output)i;
  dslt_usage_error(state, "--output takes console, csv or json, not \"%s\".", text);
}

static error_t parse_key(int key, char *value, struct argp_state *state) {
  parsing *parse = state->input;
  dslt_bench_request *out = &parse->out->request;
  static char name[] = "dslt bench";
  dslt_argp_name(state, key, name);
  switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[1] = &parse->out->tracker; return 0;
    case 'b': out->box = value; return 0;
    case KEY_SEQUENCES: out->sequences = value; return 0;
    case KEY_FRAMES: out->frames = dslt_usage_integer(state, "--frames", value, 2, 1000000); return 0;
    case KEY_REPEAT:
      out->repeat = (int)dslt_usage_integer(state, "--repeat", value, 1, DSLT_BENCH_REPEAT_MOST);
      return 0;
    case KEY_NO_DECODING: out->decoding = 0; return 0;
    case KEY_NO_CEILING: out->ceiling = 0; return 0;
    case KEY_COMPARE: out->compare_paper = 1; return 0;
    case KEY_OUTPUT: out->output = parse_output(state, value); return 0;
    case 'o': out->out = value; return 0;
    case KEY_SWEEP: out->sweep = parse_sweep(state, value); return 0;
    case KEY_VALUES: parse->values = value; return 0;
    case KEY_PLOT: out->plot = value; return 0;
    case KEY_BACKBONE:
      parse->backbone = 1;
      if (value) take_file(state, parse, value);
      return 0;
    case KEY_ROOFLINE: out->roofline = value; return 0;
    case KEY_SIDE: parse->side = (int)dslt_usage_integer(state, "--side", value, 16, 4096); return 0;
    case 'q': parse->out->quiet = 1; return 0;
    case ARGP_KEY_ARG:
      if (parse->backbone)
        take_file(state, parse, value);
      else
        out->inputs[out->input_count++] = value;
      return 0;
    case ARGP_KEY_END:
      if (parse->backbone && out->roofline) check_roofline(state, out, 1);
      if (parse->backbone)
        parse->out->backbone = parse->side ? parse->side : 256;
      else
        check(state, parse);
      return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

static void keep_command_line(dslt_bench_command *out, int argc, char **argv) {
  dslt_bench_request *request = &out->request;
  request->inputs = calloc((size_t)argc + 1, sizeof *request->inputs);
  request->argv = calloc((size_t)argc + 2, sizeof *request->argv);
  out->tracker.settings = calloc((size_t)argc + 1, sizeof *out->tracker.settings);
  int good = request->inputs && request->argv && out->tracker.settings;
  for (int i = -1; good && i < argc; i++) {
    request->argv[request->argc] = strdup(i < 0 ? "dslt" : argv[i]);
    good = request->argv[request->argc++] != NULL;
  }
  if (good) return;
  dslt_console_error("Out of memory while reading the command line.");
  exit(DSLT_EXIT_FAILED);
}

void dslt_bench_command_parse(dslt_bench_command *out, int argc, char **argv) {
  static const struct argp_child children[] = {
      {&dslt_argp_help, 0, NULL, 0}, {&dslt_argp_tracker, 0, NULL, 2}, {0}};
  static const struct argp argp = {table, parse_key, "INPUT...", doc, children, NULL, NULL};
  memset(out, 0, sizeof *out);
  out->request.repeat = out->request.decoding = out->request.ceiling = 1;
  out->tracker = (dslt_tracker_choice){.program = "dslt bench", .room = argc};
  keep_command_line(out, argc, argv);
  parsing parse = {.out = out};
  dslt_parse_options(&argp, out->tracker.program, argc, argv, &parse);
}

void dslt_bench_command_free(dslt_bench_command *command) {
  dslt_bench_request *request = &command->request;
  for (int i = 0; i < request->argc; i++) free(request->argv[i]);
  free(request->argv);
  free(request->inputs);
  free(command->tracker.settings);
  dslt_options_free(command->tracker.options);
  memset(command, 0, sizeof *command);
}
