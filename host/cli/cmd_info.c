/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_info.c: dslt info: version, build, backends, libraries. Nothing in it changes from one build of the
 * same source to the next. */
#include "cli/cmd_info.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cores.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"
#include "dslt/dslt.h"
#include "live/server.h"
#include "media/media.h"
#include "report/weights.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED " with sanitizers"
#else
#define SANITIZED ""
#endif

#ifdef NDEBUG
#define BUILD "release" SANITIZED
#else
#define BUILD "debug" SANITIZED
#endif

/* ---- arguments ----------------------------------------------------------------------------------- */

static const struct argp_option table[] = {{"json", 'j', 0, 0, "Print JSON instead of text", 1}, {0}};
static const char doc[] =
    "Print what this build of dslt is and what it finds on this machine: backends, devices, libraries, "
    "presets."
    "\v"
    "Examples:\n"
    "  dslt info\n"
    "  dslt info --json | jq .backends\n"
    "\n" DSLT_EXIT_HELP;

static error_t parse_key(int key, char *value, struct argp_state *state) {
  int *json = state->input;
  static char name[] = "dslt info";
  dslt_argp_name(state, key, name);
  switch (key) {
    case ARGP_KEY_INIT: break;
    case 'j': *json = 1; break;
    case ARGP_KEY_ARG: dslt_usage_error(state, "dslt info takes no argument, but \"%s\" was given.", value);
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

/* ---- facts --------------------------------------------------------------------------------------- */

static const char *page_library(void) {
  return dslt_live_server_library() ? dslt_live_server_library() : "none";
}

static void print_text(void) {
  printf("dslt %s, %s, %s\n", dslt_version(), COMPILER, BUILD);
  dslt_backend_info backend;
  for (int i = 0; dslt_backend_query(&backend, i) == DSLT_OK; i++) {
    const char *state = backend.available  ? "ready"
                        : backend.compiled ? "not available"
                                           : "not in this build";
    printf("backend %s: %s%s\n", backend.name, state, backend.available && backend.bf16 ? ", bf16" : "");
    if (backend.device[0]) printf("  device: %s\n", backend.device);
    if (backend.library[0]) printf("  libraries: %s\n", backend.library);
  }
  dslt_weights_print_shipped();
  dslt_preset_info preset;
  for (int i = 0; dslt_preset_describe(&preset, i) == DSLT_OK; i++)
    printf("preset %s (%s): %s\n", preset.name, preset.tracker, preset.summary);
  printf("media: %s\n", dslt_media_library());
  printf("page: %s\n", page_library());
  printf("JSON: jansson %s\n", jansson_version_str());
  printf("cores: %d\n", dslt_cores());
}

static json_t *backends_json(void) {
  json_t *list = json_array();
  dslt_backend_info backend;
  for (int i = 0; list && dslt_backend_query(&backend, i) == DSLT_OK; i++) {
    json_t *entry = json_pack("{s:s, s:b, s:b, s:b, s:s, s:s}", "name", backend.name, "compiled",
                              backend.compiled, "available", backend.available, "bf16", backend.bf16,
                              "device", backend.device, "library", backend.library);
    if (json_array_append_new(list, entry) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static int print_json(void) {
  json_t *root =
      json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:i}", "version", dslt_version(), "compiler", COMPILER,
                "build", BUILD, "backends", backends_json(), "media", dslt_media_library(), "page",
                page_library(), "jansson", jansson_version_str(), "cores", dslt_cores());
  char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
  json_decref(root);
  if (!text) {
    dslt_console_error("Out of memory while writing JSON.");
    return DSLT_EXIT_FAILED;
  }
  puts(text);
  free(text);
  return DSLT_EXIT_OK;
}

int dslt_cmd_info(int argc, char **argv) {
  static const struct argp_child children[] = {{&dslt_argp_help, 0, NULL, 0}, {0}};
  static const struct argp argp = {table, parse_key, NULL, doc, children, NULL, NULL};
  int json = 0;
  dslt_parse_options(&argp, "dslt info", argc, argv, &json);
  if (json) return print_json();
  print_text();
  return DSLT_EXIT_OK;
}
