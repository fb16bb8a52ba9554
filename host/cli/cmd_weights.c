/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_weights.c: dslt weights: shows, verifies, generates and converts weights. */
#include "cli/cmd_weights.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cli/actions.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"
#include "dslt/dslt.h"
#include "report/network.h"
#include "report/weights.h"

/* ---- info and verify: one file ------------------------------------------------------------------- */

static error_t parse_file(int key, char *value, struct argp_state *state) {
  const char **path = state->input;
  switch (key) {
    case ARGP_KEY_ARG:
      if (*path) dslt_usage_error(state, "One file at a time: \"%s\" came after \"%s\".", value, *path);
      *path = value;
      return 0;
    case ARGP_KEY_END:
      if (!*path) *path = "slim";
      return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

static int load_and(int (*report)(const dslt_weights *weights), const struct argp *argp, int argc,
                    char **argv) {
  const char *path = NULL;
  dslt_check_options(argp, argv[0], argc, argv);
  argp_parse(argp, argc, argv, 0, NULL, &path);
  dslt_weights *weights = NULL;
  int rc = dslt_weights_load(&weights, path);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_WEIGHTS);
  rc = report(weights);
  dslt_weights_free(weights);
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : DSLT_EXIT_OK;
}

static int run_info(int argc, char **argv) {
  static const char doc[] =
      "Print what FILE (default: slim, the backbone inside the program) holds: each layer's type, shape and "
      "number of parameters, and how the network wants "
      "its input (channel order, mean, deviation, scale of the features), with where each of these comes "
      "from: the file's metadata or, where that is silent, the convention of its tensors' names."
      "\v"
      "Names may be torchvision's and timm's (features.0.weight) or Caffe's (conv1_1.weight). The "
      "metadata's keys are dslt.channel_order, dslt.mean, dslt.deviation, dslt.scale_low, dslt.scale_high, "
      "dslt.arch, dslt.source and dslt.license; see weights/README.md.\n\n"
      "The scales bring features to the size of the original VGG-16's, about 20 on average for inputs of "
      "0..255, because the tracker's learning rates are made for it. torchvision's weights see inputs about "
      "58 times smaller (they are divided by the deviation); the scales make up for whatever that leaves of "
      "the features' size.\n\n"
      "Exit codes: 0 done, 1 the file is malformed or no VGG-16, 2 wrong command line.";
  static const struct argp argp = {NULL, parse_file, "[FILE]", doc, NULL, NULL, NULL};
  return load_and(dslt_weights_print_info, &argp, argc, argv);
}

static int run_verify(int argc, char **argv) {
  static const char doc[] =
      "Check FILE from end to end and say whether it is the original VGG-16 that Oxford published for Caffe "
      "(Keras ships the same values). Prints the file's SHA-256 and, for each layer, original, differs or "
      "absent."
      "\v"
      "A layer is compared by the SHA-256 of its values as float32, so the names, the channel order and the "
      "rest of the file do not matter, but weights stored as F16 or BF16 have lost bits and differ. "
      "torchvision trained its own VGG-16 (IMAGENET1K_V1), which differs everywhere.\n\n"
      "Exit codes: 0 the file is well-formed, original or not (the last line tells), 1 it is malformed or "
      "no VGG-16, 2 wrong command line.";
  static const struct argp argp = {NULL, parse_file, "[FILE]", doc, NULL, NULL, NULL};
  return load_and(dslt_weights_print_verdict, &argp, argc, argv);
}

/* ---- random -------------------------------------------------------------------------------------- */

enum { KEY_ARCH = 0x100, KEY_SEED, KEY_DTYPE };

typedef struct random_options {
  const char *arch, *out, *dtype;
  uint64_t seed;
} random_options;

static const char *parse_dtype(struct argp_state *state, const char *text) {
  if (strcmp(text, "f32") != 0 && strcmp(text, "f16") != 0 && strcmp(text, "bf16") != 0)
    dslt_usage_error(state, "--dtype takes f32, f16 or bf16, not \"%s\".", text);
  return text;
}

static error_t parse_random(int key, char *value, struct argp_state *state) {
  random_options *options = state->input;
  switch (key) {
    case KEY_ARCH: options->arch = value; return 0;
    case KEY_SEED:
      options->seed = (uint64_t)dslt_usage_integer(state, "--seed", value, 0, INT64_MAX);
      return 0;
    case KEY_DTYPE: options->dtype = parse_dtype(state, value); return 0;
    case 'o': options->out = value; return 0;
    case ARGP_KEY_ARG: dslt_usage_error(state, "\"%s\" is too much: name the file with -o FILE.", value);
    case ARGP_KEY_END:
      if (!options->out) dslt_usage_error(state, "The result's place is missing: give -o FILE.");
      return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

static int run_random(int argc, char **argv) {
  static const struct argp_option table[] = {
      {"arch", KEY_ARCH, "NAME", 0,
       "vgg16 (default; 64 to 512 channels) or vgg16/N with every width divided by N = 2, 4, 8 or 16", 0},
      {"seed", KEY_SEED, "N", 0, "Seed of every draw (default 1)", 0},
      {"dtype", KEY_DTYPE, "NAME", 0, "f32 (default), f16 or bf16", 0},
      {"output", 'o', "FILE", 0, "File to write (required)", 0},
      {0}};
  static const char doc[] =
      "Write random weights: He-normal convolutions (deviation sqrt(2 / fan_in)), biases of zero. They have "
      "learnt nothing and serve to try the program without downloading anything."
      "\v"
      "The same arch and seed give the same bytes on every machine. The file carries the scales that bring "
      "its features to about 20 on average on photographs.\n\n"
      "Example:\n"
      "  dslt weights random --arch vgg16/4 --seed 1 -o random.safetensors\n\n"
      "Exit codes: 0 done, 1 the file could not be written, 2 wrong command line.";
  static const struct argp argp = {table, parse_random, NULL, doc, NULL, NULL, NULL};
  random_options options = {.arch = "vgg16", .seed = 1, .dtype = "f32"};
  dslt_check_options(&argp, argv[0], argc, argv);
  argp_parse(&argp, argc, argv, 0, NULL, &options);

  int rc = dslt_weights_write_random(options.out, options.arch, options.seed, options.dtype);
  if (rc == DSLT_EOPTION) {
    dslt_console_error("--arch: %s", dslt_last_error());
    return DSLT_EXIT_USAGE;
  }
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  printf("%s: random %s, seed %llu\n", options.out, options.arch, (unsigned long long)options.seed);
  return DSLT_EXIT_OK;
}

/* ---- convert ------------------------------------------------------------------------------------- */

enum { KEY_TAPS = 0x200, KEY_SCALES, KEY_MEAN, KEY_DEVIATION, KEY_ORDER, KEY_SOURCE, KEY_LICENSE, KEY_TYPE };

typedef struct convert_options {
  const char *in, *out, *dtype;
  dslt_text_pair given[8];
  int count;
} convert_options;

static void give(convert_options *options, const char *key, const char *value) {
  int at = 0;
  while (at < options->count && strcmp(options->given[at].key, key) != 0) ++at;
  options->given[at] = (dslt_text_pair){key, value};
  if (at == options->count) ++options->count;
}

static error_t parse_convert(int key, char *value, struct argp_state *state) {
  convert_options *options = state->input;
  switch (key) {
    case KEY_TAPS: give(options, "dslt.taps", value); return 0;
    case KEY_SCALES: give(options, "dslt.scales", value); return 0;
    case KEY_MEAN: give(options, "dslt.mean", value); return 0;
    case KEY_DEVIATION: give(options, "dslt.deviation", value); return 0;
    case KEY_ORDER: give(options, "dslt.channel_order", value); return 0;
    case KEY_SOURCE: give(options, "dslt.source", value); return 0;
    case KEY_LICENSE: give(options, "dslt.license", value); return 0;
    case KEY_TYPE: options->dtype = value; return 0;
    case 'o': options->out = value; return 0;
    case ARGP_KEY_ARG:
      if (options->in)
        dslt_usage_error(state, "One file at a time: \"%s\" came after \"%s\".", value, options->in);
      options->in = value;
      return 0;
    case ARGP_KEY_END:
      if (!options->in) dslt_usage_error(state, "Name the file to convert, an ONNX model.");
      if (!options->out) dslt_usage_error(state, "The result's place is missing: give -o FILE.");
      return 0;
    default: return ARGP_ERR_UNKNOWN;
  }
}

static int run_convert(int argc, char **argv) {
  static const struct argp_option table[] = {
      {"taps", KEY_TAPS, "A,B,...", 0,
       "One to four layers that the tracker taps, as dslt weights info names them", 0},
      {"channel-order", KEY_ORDER, "NAME", 0, "rgb (default) or bgr: what the network is fed first to last",
       0},
      {"mean", KEY_MEAN, "A,B,C", 0,
       "Subtracted from pixels of 0..255, in that order (default: torchvision's)", 0},
      {"deviation", KEY_DEVIATION, "A,B,C", 0, "Divided by after that, likewise", 0},
      {"scales", KEY_SCALES, "A,B,...", 0,
       "Factor on each tap (default: measured, so that values are about 20)", 0},
      {"source", KEY_SOURCE, "TEXT", 0, "Where the network comes from, for people", 0},
      {"license", KEY_LICENSE, "TEXT", 0, "Under which terms, likewise", 0},
      {"dtype", KEY_TYPE, "NAME", 0, "f32 (default), f16 or bf16", 0},
      {"output", 'o', "FILE", 0, "File to write (required)", 0},
      {0}};
  static const char doc[] =
      "Write the part of an ONNX model that the taps depend on as safetensors, with the graph in the metadata: a "
      "backbone that needs no ONNX library to load."
      "\v"
      "Example:\n"
      "  dslt weights convert googlenet.onnx --taps=inception_3b,inception_4e "
      "--channel-order=bgr --mean=104,117,123 --deviation=1,1,1 -o googlenet.safetensors\n\n"
      "Exit codes: 0 done, 1 the result cannot be written, 2 wrong command line, 4 the file cannot be used.";
  static const struct argp argp = {table, parse_convert, "FILE", doc, NULL, NULL, NULL};
  convert_options options = {.dtype = "f32"};
  dslt_check_options(&argp, argv[0], argc, argv);
  argp_parse(&argp, argc, argv, 0, NULL, &options);
  int writing;
  const int rc =
      dslt_network_convert(&writing, options.in, options.out, options.given, options.count, options.dtype);
  if (rc == DSLT_EARGUMENT) {
    dslt_console_error("%s", dslt_last_error());
    return DSLT_EXIT_USAGE;
  }
  if (rc < 0) return dslt_console_fail(rc, writing ? DSLT_EXIT_FAILED : DSLT_EXIT_WEIGHTS);
  printf("%s: written\n", options.out);
  return DSLT_EXIT_OK;
}

/* ---- which of them ---- */

int dslt_cmd_weights(int argc, char **argv) {
  static const char doc[] =
      "Look at, verify and generate the backbone's weights, which are safetensors files."
      "\v"
      "  info FILE     layers, types, shapes, and how the network wants its input\n"
      "  verify FILE   SHA-256, and whether the layers are the original VGG-16's\n"
      "  random        write random weights, to try the tracker without a download\n"
      "  convert FILE  an ONNX model into our own format\n\n"
      "  dslt weights VERB --help explains a verb.\n\n"
      "Examples:\n"
      "  dslt weights random --arch vgg16 --seed 1 -o random.safetensors\n"
      "  dslt weights info random.safetensors\n\n"
      "Inside the program are siamese, which preset default uses, slim, trackloss and adacfnet. VGG-16's own weights: "
      "weights/convert.py turns torchvision's, Keras's, Caffe's and MatConvNet's files into "
      "safetensors and says where each is published.\n\n"
      "Exit codes: 0 done, 1 failed, 2 wrong command line.";
  static const dslt_action list[] = {
      {"info", "dslt weights info", run_info},
      {"verify", "dslt weights verify", run_verify},
      {"random", "dslt weights random", run_random},
      {"convert", "dslt weights convert", run_convert},
  };
  static const dslt_actions actions = {
      "dslt weights", "info FILE\nverify FILE\nrandom [OPTION...] -o FILE\nconvert [OPTION...] FILE -o FILE",
      doc, list, sizeof list / sizeof *list};
  return dslt_actions_run(&actions, argc, argv);
}
