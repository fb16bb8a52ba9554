/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the program: picks the verb; each verb reads its own arguments. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/cmd_ablate.h"
#include "cli/cmd_bench.h"
#include "cli/cmd_dataset.h"
#include "cli/cmd_demo.h"
#include "cli/cmd_eval.h"
#include "cli/cmd_info.h"
#include "cli/cmd_live.h"
#include "cli/cmd_report.h"
#include "cli/cmd_run.h"
#include "cli/cmd_track.h"
#include "cli/cmd_trax.h"
#include "cli/cmd_weights.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/short_spin.h"
#include "dslt/dslt.h"

typedef struct verb {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *help;
  int computes; /* 1: runs the tracker, so the threads' spin time matters */
} verb;

static const verb verbs[] = {
    {"track", dslt_cmd_track, "follow an object through a video, an image folder or a camera", 1},
    {"live", dslt_cmd_live, "a page in the browser: draw boxes, see them followed, set the tracker", 1},
    {"run", dslt_cmd_run, "track a benchmark's sequences: resumable, in parallel, on many machines", 1},
    {"report", dslt_cmd_report, "results as one page: plots, tables, worst frames", 0},
    {"ablate", dslt_cmd_ablate, "the paper's ablations of losses and layers on a set, in one command", 1},
    {"bench", dslt_cmd_bench,
     "how fast the tracker is here, stage by stage, beside what the machine could do", 1},
    {"eval", dslt_cmd_eval, "score result files of one or more trackers against ground truth", 0},
    {"trax", dslt_cmd_trax, "serve as a tracker for VOT's toolkit", 1},
    {"weights", dslt_cmd_weights, "look at, verify or generate the backbone's weights", 0},
    {"dataset", dslt_cmd_dataset, "list benchmark sets, check a copy of one on disk", 0},
    {"demo", dslt_cmd_demo, "render a clip, track it, write a video and a picture", 1},
    {"info", dslt_cmd_info, "this build, its backends, devices and libraries", 0},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void print_help(FILE *stream) {
  fputs(
      "Usage: dslt VERB [OPTION...]\n"
      "Follow one object through a video: deep regression tracking with shrinkage loss.\n\n",
      stream);
  for (int i = 0; i < VERBS; i++) fprintf(stream, "  %-9s %s\n", verbs[i].name, verbs[i].help);
  fputs(
      "\n"
      "  dslt VERB --help explains a verb; dslt --version prints the version.\n\n"
      "Examples:\n"
      "  dslt demo\n"
      "  dslt report results/DSLT --dataset otb100 --root /data/OTB100 -o report.html\n"
      "  dslt track clip.mp4 --box 120,80,64,48 --out boxes.txt\n\n"
      "Exit codes: 0 done, 1 the run failed, 2 wrong command line, 3 unusable file, frame or box,\n"
      "4 unusable weights, 5 backend, device or display not available, 130 or 143 interrupted.\n",
      stream);
}

static int unknown_verb(const char *name) {
  const char *names[VERBS];
  for (int i = 0; i < VERBS; i++) names[i] = verbs[i].name;
  int nearest = dslt_nearest(name, names, VERBS);
  const char *kind = name[0] == '-' ? "option" : "verb";
  if (nearest >= 0)
    dslt_console_error("Unknown %s \"%s\": did you mean \"%s\"? See dslt --help.", kind, name,
                       names[nearest]);
  else
    dslt_console_error("Unknown %s \"%s\": see dslt --help for what there is.", kind, name);
  return DSLT_EXIT_USAGE;
}

static const verb *find_verb(const char *name) {
  for (int i = 0; i < VERBS; i++)
    if (strcmp(name, verbs[i].name) == 0) return &verbs[i];
  return NULL;
}

static int finish(int code) {
  /* Writing to a full disk or a closed pipe is detected here at the latest. */
  if ((fflush(stdout) != 0 || ferror(stdout)) && code == DSLT_EXIT_OK) {
    dslt_console_error("Standard output could not be written.");
    return DSLT_EXIT_FAILED;
  }
  return code;
}

int main(int argc, char **argv) {
  argp_err_exit_status = DSLT_EXIT_USAGE;
  setenv("ARGP_HELP_FMT", "no-dup-args-note", 0); /* an irrelevant warning */
  if (argc < 2) {
    print_help(stderr);
    return DSLT_EXIT_USAGE;
  }
  const char *name = argv[1];
  if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
    printf("dslt %s\n", dslt_version());
    return finish(DSLT_EXIT_OK);
  }
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "--usage") == 0 ||
      (strcmp(name, "help") == 0 && argc < 3)) {
    print_help(stdout);
    return finish(DSLT_EXIT_OK);
  }
  if (strcmp(name, "help") == 0) {
    const verb *about = find_verb(argv[2]);
    if (!about) return unknown_verb(argv[2]);
    char option[] = "--help";
    char *arguments[] = {argv[2], option, NULL};
    return finish(about->run(2, arguments));
  }
  const verb *chosen = find_verb(name);
  if (!chosen) return finish(unknown_verb(name));
  if (chosen->computes) dslt_spin_shortly(argv);
  return finish(chosen->run(argc - 1, argv + 1));
}
