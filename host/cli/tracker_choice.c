/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_choice.c: the options that choose and set up the tracker. */
#include "cli/tracker_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"

enum {
  KEY_PRESET = 0x200,
  KEY_BACKEND,
  KEY_THREADS,
  KEY_PRECISION,
  KEY_SEED,
  KEY_FIXED,
  KEY_LOOSE,
  KEY_SET,
  KEY_LIST
};

static const struct argp_option table[] = {
    {0, 0, 0, 0, "Tracker:", 2},
    {"weights", 'w', "FILE", 0,
     "Network: one that is built in (siamese or slim; default: the preset's own), a safetensors file, an ONNX model (with --set taps=A,B,... and, where it "
     "does not say so itself, mean, deviation, channel_order), or random:ARCH[:SEED]",
     2},
    {"preset", KEY_PRESET, "NAME", 0,
     "default (what we recommend), dslt, paper, released, or another tracker's, such as crt-conv7 (dslt info lists them all)",
     2},
    {"backend", KEY_BACKEND, "NAME", 0, "auto (default), cpu or cuda", 2},
    {"threads", KEY_THREADS, "N", 0, "CPU threads; 0 (default) = the cores at hand", 2},
    {"precision", KEY_PRECISION, "NAME", 0,
     "Of the backbone: auto (preset default: bf16 where the device has it), f32 (other presets), bf16, tf32",
     2},
    {"seed", KEY_SEED, "N", 0, "Seed of every random draw (default 1)", 2},
    {"deterministic", KEY_FIXED, 0, 0, "The same run twice gives the same bytes (default)", 2},
    {"no-deterministic", KEY_LOOSE, 0, 0,
     "GPU: take convolutions that sum in any order where they are faster", 2},
    {"set", KEY_SET, "KEY=VALUE", 0, "Set any number of the method; repeatable, later ones win", 2},
    {"list-options", KEY_LIST, 0, 0, "Print what --set can change, with the present values, and stop", 2},
    {0}};

int dslt_tracker_choice_add(dslt_tracker_choice *choice, const char *key, const char *value) {
  if (choice->count == choice->room) return 0;
  choice->settings[choice->count++] = (dslt_tracker_setting){key, value};
  return 1;
}

/* Keys of --set that belong to the weights: they go behind the file's name, as dslt_weights_load() takes
 * them. */
static int is_weights_key(const char *key) {
  static const char *const keys[] = {"taps", "scales", "mean", "deviation", "channel_order"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (strcmp(key, keys[i]) == 0) return 1;
  return 0;
}

static void finish_weights(struct argp_state *state, dslt_tracker_choice *choice) {
  static char name[4096]; /* kept as long as argv */
  size_t used = (size_t)snprintf(name, sizeof name, "%s", choice->weights);
  int kept = 0;
  for (int i = 0, first = 1; i < choice->count; i++) {
    const dslt_tracker_setting *s = &choice->settings[i];
    if (!is_weights_key(s->key)) {
      choice->settings[kept++] = *s;
      continue;
    }
    if (used < sizeof name)
      used +=
          (size_t)snprintf(name + used, sizeof name - used, "%c%s=%s", first ? '?' : '&', s->key, s->value);
    first = 0;
  }
  if (kept == choice->count) return;
  if (used >= sizeof name)
    dslt_usage_error(state, "The settings of the weights in --set are too long together.");
  choice->count = kept;
  choice->weights = name;
}

/* "key=value" is split in place, in argv. */
static void add_assignment(struct argp_state *state, dslt_tracker_choice *choice, char *text) {
  char *equals = strchr(text, '=');
  if (!equals || equals == text)
    dslt_usage_error(state, "--set takes KEY=VALUE, not \"%s\"; --list-options prints the keys.", text);
  *equals = '\0';
  dslt_tracker_choice_add(choice, text, equals + 1);
}

const char *dslt_suitable_preset(const char *name) {
  dslt_weights *weights;
  if (!name || dslt_weights_load(&weights, name) < 0) return "default";
  const char *preset = dslt_weights_preset(weights);
  dslt_weights_free(weights);
  return preset;
}

/* The weights that suit the choice's preset. */
static void choose_weights(struct argp_state *state, dslt_tracker_choice *choice) {
  dslt_options *options = NULL;
  if (dslt_options_create(&options, choice->preset) < 0) dslt_usage_error(state, "%s", dslt_last_error());
  choice->weights = dslt_options_weights(options);
  dslt_options_free(options);
}

int dslt_tracker_choice_options(dslt_options **out, const dslt_tracker_choice *choice, const char *preset) {
  int rc = dslt_options_create(out, preset);
  if (rc == DSLT_OK && choice->one_thread) rc = dslt_options_set(*out, "threads", "1");
  for (int i = 0; rc == DSLT_OK && i < choice->count; i++)
    rc = dslt_options_set(*out, choice->settings[i].key, choice->settings[i].value);
  return rc == DSLT_OK ? dslt_options_check(*out) : rc;
}

static void apply_settings(struct argp_state *state, dslt_tracker_choice *choice) {
  if (dslt_tracker_choice_options(&choice->options, choice, choice->preset) < 0)
    dslt_usage_error(state, "%s", dslt_last_error());
}

static error_t parse_key(int key, char *value, struct argp_state *state) {
  dslt_tracker_choice *choice = state->input;
  if (key != ARGP_KEY_INIT) state->name = (char *)choice->program; /* argp only prints it */
  switch (key) {
    case 'w': choice->weights = value; break;
    case KEY_PRESET: choice->preset = value; break;
    case KEY_BACKEND: dslt_tracker_choice_add(choice, "backend", value); break;
    case KEY_THREADS: dslt_tracker_choice_add(choice, "threads", value); break;
    case KEY_PRECISION: dslt_tracker_choice_add(choice, "precision", value); break;
    case KEY_SEED: dslt_tracker_choice_add(choice, "seed", value); break;
    case KEY_FIXED: dslt_tracker_choice_add(choice, "deterministic", "1"); break;
    case KEY_LOOSE: dslt_tracker_choice_add(choice, "deterministic", "0"); break;
    case KEY_SET: add_assignment(state, choice, value); break;
    case KEY_LIST: choice->list = 1; break;
    case ARGP_KEY_END:
      if (!choice->preset) choice->preset = dslt_suitable_preset(choice->weights);
      if (!choice->weights) choose_weights(state, choice);
      finish_weights(state, choice);
      apply_settings(state, choice);
      break;
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

/* Texts that differ between verbs. argp frees the result unless it is `text`. */
static char *filter_help(int key, const char *text, void *input) {
  const dslt_tracker_choice *choice = input;
  if (key == KEY_THREADS && choice && choice->one_thread)
    return strdup("CPU threads of each job; 0 = the cores at hand (default 1)");
  return (char *)text;
}

const struct argp dslt_argp_tracker = {table, parse_key, NULL, NULL, NULL, filter_help, NULL};

void dslt_tracker_choice_parse(dslt_tracker_choice *choice, const struct argp *argp, int argc, char **argv,
                               void *input) {
  choice->room = argc;
  choice->settings = calloc((size_t)argc + 1, sizeof *choice->settings);
  if (!choice->settings) {
    dslt_console_error("Out of memory while reading the command line.");
    exit(DSLT_EXIT_FAILED);
  }
  dslt_parse_options(argp, choice->program, argc, argv, input);
}
