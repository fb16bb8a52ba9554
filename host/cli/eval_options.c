/* SPDX-License-Identifier: Apache-2.0 */
/* eval_options.c: the command line of dslt eval: texts, values, checks. */
#include "cli/eval_options.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/nearest.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"

enum {
  KEY_DATASET = 0x100,
  KEY_ROOT,
  KEY_SEQUENCES,
  KEY_PROTOCOL,
  KEY_CONVENTION,
  KEY_YEAR,
  KEY_JSON,
  KEY_CSV,
  KEY_MARKDOWN,
  KEY_LATEX,
  KEY_PER_SEQUENCE,
  KEY_ATTRIBUTES,
  KEY_ATTRIBUTE_LIST,
  KEY_FRAMES,
  KEY_COMMON,
  KEY_ALLOW_MISSING
};

static const struct argp_option table[] = {
    {0, 0, 0, 0, "Benchmark:", 1},
    {"dataset", KEY_DATASET, "NAME", 0,
     "Benchmark, such as otb100; dslt dataset list names them all (required)", 0},
    {"root", KEY_ROOT, "DIR", 0,
     "The benchmark's folder, or a folder with its annotations alone, SEQUENCE.txt (required)", 0},
    {"sequences", KEY_SEQUENCES, "A,B", 0, "Only these sequences", 0},
    {0, 0, 0, 0, "Scores:", 2},
    {"protocol", KEY_PROTOCOL, "NAME", 0, "ope (default), tre, sre, got10k or vot", 0},
    {"convention", KEY_CONVENTION, "NAME", 0,
     "Whose arithmetic: matlab (default, the OTB toolkit), pysot, got10k or pytracking; for --protocol vot "
     "matlab "
     "(default) or python",
     0},
    {"year", KEY_YEAR, "N", 0, "--protocol vot: the interval of EAO, 2015 to 2019 (default 2016)", 0},
    {"attribute-list", KEY_ATTRIBUTE_LIST, "NAME", 0,
     "OTB's attributes as the benchmark's web site lists them (site, default) or as the public tb100 toolkit "
     "does "
     "(toolkit); they differ on 21 sequences",
     0},
    {"common", KEY_COMMON, 0, 0, "Only sequences that every tracker was scored on", 0},
    {"allow-missing", KEY_ALLOW_MISSING, 0, 0,
     "Exit with 0 although results are missing or unusable; they are named all the same", 0},
    {0, 0, 0, 0, "Output:", 3},
    {"per-sequence", KEY_PER_SEQUENCE, 0, 0, "Tables by sequence too", 0},
    {"attributes", KEY_ATTRIBUTES, 0, 0, "Tables by attribute too", 0},
    {"json", KEY_JSON, "FILE", 0, "Everything, curves included; - is standard output, without the table", 0},
    {"csv", KEY_CSV, "FILE", 0, "The numbers of every tracker, attribute and sequence, without curves", 0},
    {"markdown", KEY_MARKDOWN, "FILE", 0, "The tables in Markdown", 0},
    {"latex", KEY_LATEX, "FILE", 0, "The tables in LaTeX (package booktabs)", 0},
    {"frames", KEY_FRAMES, 0, 0, "Overlap and error of each frame in the JSON", 0},
    {0}};

static const char args_doc[] = "RESULTS...";
static const char doc[] =
    "Score result files against ground truth, each tracker's folder RESULTS beside the others: success and "
    "its "
    "area under the curve (AUC), precision at 20 px (P20), normalised precision at 0.2 (NP20), success at "
    "overlap "
    "0.5 and 0.75 (OP50, OP75)."
    "\v"
    "RESULTS is a folder with SEQUENCE.txt for each sequence, one row x,y,w,h (1-based) a frame; its name is "
    "the "
    "tracker's, or write NAME=DIR. For tre it holds SEQUENCE.tre01.txt to .tre20.txt, for sre "
    "SEQUENCE.sre01.txt "
    "to .sre12.txt, for vot what VOT's toolkits write. Published results of other trackers can stand beside "
    "one's own. Names of files and sequences are matched regardless of case and of -, _ and dots.\n\n"
    "A result that is missing, unreadable or has another number of rows than the ground truth is named and "
    "left out of that tracker's means; nothing is cut to fit. Results of dslt run --frames N are scored on the "
    "frames that their manifest.json names, and sequences with ground truth for the first frame alone on that one. "
    "For protocol vot, a folder with unsupervised runs alone has the overlap without resets and no other number.\n\n"
    "host/eval/README.md says how each convention counts and what the JSON holds.\n\n"
    "Examples:\n"
    "  dslt eval results/DSLT results/KCF --dataset otb100 --root /data/OTB100\n"
    "  dslt eval results/DSLT --dataset otb2013 --root annotations --json otb2013.json --attributes\n"
    "  dslt eval paper=results/a mine=results/b --dataset uav123 --root /data/UAV123 --convention got10k\n"
    "  dslt eval results/* --dataset vot --root /data/vot2016 --protocol vot\n\n"
    "Exit codes: 0 done, 1 the run failed (a file could not be written), 2 wrong command line, 3 a result is "
    "missing or unusable (without --allow-missing), nothing could be scored, or the benchmark cannot be "
    "read.";

/* ---- sources ------------------------------------------------------------------------------------- */

static int is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The last part of a path; "." and ".." are resolved first. NULL when memory runs out. */
static char *name_of_path(const char *path) {
  char *full = NULL;
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  const char *last = path + length;
  while (last > path && last[-1] != '/') last--;
  size_t part = (size_t)(path + length - last);
  if ((part == 1 && last[0] == '.') || (part == 2 && last[0] == '.' && last[1] == '.')) {
    full = realpath(path, NULL);
    if (full) {
      last = strrchr(full, '/') + 1;
      part = strlen(last);
    }
  }
  char *name = strndup(last, part);
  free(full);
  return name;
}

int dslt_eval_source_parse(dslt_eval_source *out, const char *argument) {
  const char *equals = strchr(argument, '=');
  *out = (dslt_eval_source){NULL, NULL};
  const int named = equals && !is_folder(argument);
  if (named ? equals == argument || !equals[1] : !argument[0])
    return dslt_fail(DSLT_EARGUMENT, "\"%s\" names no folder of results: write DIR or NAME=DIR.", argument);
  out->folder = strdup(named ? equals + 1 : argument);
  out->name = named ? strndup(argument, (size_t)(equals - argument)) : name_of_path(argument);
  if (!out->folder || !out->name)
    return dslt_fail(DSLT_EMEMORY, "Out of memory while reading the command line.");
  for (char *c = out->name; *c; c++)
    if ((unsigned char)*c < 0x20) *c = '?'; /* a tracker's name is a word in tables */
  return DSLT_OK;
}

static void add_source(struct argp_state *state, dslt_eval_request *out, const char *argument) {
  dslt_eval_source source;
  if (dslt_eval_source_parse(&source, argument) < 0) dslt_usage_error(state, "%s", dslt_last_error());
  for (int i = 0; i < out->source_count; i++)
    if (strcmp(out->sources[i].name, source.name) == 0)
      dslt_usage_error(state, "Two result folders are called \"%s\": tell them apart with NAME=DIR.",
                       source.name);
  out->sources[out->source_count++] = source;
}

/* ---- the rest ------------------------------------------------------------------------------------ */

typedef struct parsing {
  dslt_eval_request *out;
  const char *protocol, *convention, *year, *attribute_list;
} parsing;

static void check_protocol(struct argp_state *state, const parsing *parse) {
  static const char *const names[] = {"ope", "tre", "sre", "got10k", "vot"};
  enum { COUNT = sizeof names / sizeof *names };
  dslt_eval_request *out = parse->out;
  int found = -1;
  for (int i = 0; i < COUNT; i++)
    if (strcmp(parse->protocol, names[i]) == 0) found = i;
  if (found < 0) {
    const int nearest = dslt_nearest(parse->protocol, names, COUNT);
    if (nearest >= 0)
      dslt_usage_error(state, "Unknown protocol \"%s\": did you mean \"%s\"?", parse->protocol,
                       names[nearest]);
    dslt_usage_error(state, "Unknown protocol \"%s\": choose ope, tre, sre, got10k or vot.", parse->protocol);
  }
  out->vot = found == COUNT - 1;
  if (!out->vot) out->options.protocol = (dslt_eval_protocol)found;
}

static void check_vot(struct argp_state *state, const parsing *parse) {
  dslt_vot_convention convention = DSLT_VOT_MATLAB;
  char year[16];
  const char *number = parse->year ? parse->year : "2016";
  if (parse->convention && dslt_vot_convention_parse(&convention, parse->convention) < 0)
    dslt_usage_error(state, "%s", dslt_last_error());
  snprintf(year, sizeof year, "VOT%s", number);
  if (dslt_vot_rules_year(&parse->out->vot_rules, convention, year) < 0)
    dslt_usage_error(state, "--year takes 2015 to 2019, not \"%s\".", number);
}

static void check_convention(struct argp_state *state, const parsing *parse) {
  dslt_eval_request *out = parse->out;
  if (out->vot) {
    check_vot(state, parse);
    return;
  }
  if (parse->year) dslt_usage_error(state, "--year belongs to --protocol vot.");
  if (!parse->convention) return;
  if (dslt_convention_parse(&out->options.convention, parse->convention) < 0)
    dslt_usage_error(state, "%s", dslt_last_error());
  if (out->options.protocol == DSLT_EVAL_GOT10K && out->options.convention != DSLT_CONVENTION_GOT10K)
    dslt_usage_error(state, "--protocol got10k defines its own measures, so --convention %s has no effect.",
                     parse->convention);
}

static void check_outputs(struct argp_state *state, const dslt_eval_request *out) {
  const char *const files[] = {out->output.json, out->output.csv, out->output.markdown, out->output.latex};
  static const char *const names[] = {"--json", "--csv", "--markdown", "--latex"};
  for (int i = 0; i < 4; i++) {
    if (files[i] && !files[i][0]) dslt_usage_error(state, "%s needs a file's name.", names[i]);
    for (int j = 0; files[i] && j < i; j++)
      if (files[j] && strcmp(files[i], files[j]) == 0)
        dslt_usage_error(state, "%s and %s both write %s: give two names.", names[j], names[i], files[i]);
  }
}

static void check_request(struct argp_state *state, const parsing *parse) {
  dslt_eval_request *out = parse->out;
  if (out->source_count == 0)
    dslt_usage_error(state, "The results are missing: name a folder with SEQUENCE.txt files.");
  if (!out->dataset)
    dslt_usage_error(state, "The benchmark is missing: give --dataset NAME, such as otb100.");
  const dslt_dataset_kind *kind;
  if (dslt_dataset_kind_find(&kind, out->dataset) < 0) dslt_usage_error(state, "%s", dslt_last_error());
  if (!out->root) dslt_usage_error(state, "The benchmark's place is missing: give --root DIR.");
  check_protocol(state, parse);
  check_convention(state, parse);
  if (parse->attribute_list) {
    out->options.toolkit_attributes = strcmp(parse->attribute_list, "toolkit") == 0;
    if (!out->options.toolkit_attributes && strcmp(parse->attribute_list, "site") != 0)
      dslt_usage_error(state, "--attribute-list takes site or toolkit, not \"%s\".", parse->attribute_list);
  }
  if (out->vot && kind->layout->results != DSLT_RESULTS_VOT)
    dslt_usage_error(state, "--protocol vot needs a set in VOT's layout; %s is none.", kind->name);
  check_outputs(state, out);
}

static error_t parse_key(int key, char *value, struct argp_state *state) {
  parsing *parse = state->input;
  dslt_eval_request *out = parse->out;
  static char name[] = "dslt eval";
  dslt_argp_name(state, key, name);
  switch (key) {
    case ARGP_KEY_INIT: break;
    case KEY_DATASET: out->dataset = value; break;
    case KEY_ROOT: out->root = value; break;
    case KEY_SEQUENCES: out->sequences = value; break;
    case KEY_PROTOCOL: parse->protocol = value; break;
    case KEY_CONVENTION: parse->convention = value; break;
    case KEY_YEAR: parse->year = value; break;
    case KEY_ATTRIBUTE_LIST: parse->attribute_list = value; break;
    case KEY_JSON: out->output.json = value; break;
    case KEY_CSV: out->output.csv = value; break;
    case KEY_MARKDOWN: out->output.markdown = value; break;
    case KEY_LATEX: out->output.latex = value; break;
    case KEY_PER_SEQUENCE: out->output.parts.per_sequence = 1; break;
    case KEY_ATTRIBUTES: out->output.parts.attributes = 1; break;
    case KEY_FRAMES: out->options.per_frame = 1; break;
    case KEY_COMMON: out->options.common = 1; break;
    case KEY_ALLOW_MISSING: out->allow_missing = 1; break;
    case ARGP_KEY_ARG: add_source(state, out, value); break;
    case ARGP_KEY_END: check_request(state, parse); break;
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

void dslt_eval_options_parse(dslt_eval_request *out, int argc, char **argv) {
  static const struct argp_child children[] = {{&dslt_argp_help, 0, NULL, 0}, {0}};
  static const struct argp argp = {table, parse_key, args_doc, doc, children, NULL, NULL};
  memset(out, 0, sizeof *out);
  out->sources = calloc((size_t)argc + 1, sizeof *out->sources);
  if (!out->sources) {
    dslt_console_error("Out of memory while reading the command line.");
    exit(DSLT_EXIT_FAILED);
  }
  parsing parse = {.out = out, .protocol = "ope"};
  dslt_parse_options(&argp, "dslt eval", argc, argv, &parse);
}

void dslt_eval_request_free(dslt_eval_request *request) {
  for (int i = 0; i < request->source_count; i++) {
    free(request->sources[i].name);
    free(request->sources[i].folder);
  }
  free(request->sources);
  memset(request, 0, sizeof *request);
}
