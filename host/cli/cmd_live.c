/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_live.c: dslt live: opens the input, serves the page, and writes the results at the end. */
#include "cli/cmd_live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/live_options.h"
#include "cli/signals.h"
#include "live/run.h"
#include "live/server.h"
#include "report/targets.h"

/* Everything a session owns; live_free() releases it at any stage. */
typedef struct live {
  const dslt_live_options *options;
  dslt_track_targets targets; /* the first boxes alone */
  dslt_weights *weights;
  dslt_live_session *session;
  dslt_live_server *server;
  dslt_live_run *run;
} live;

static void tell(const char *sentence) { dslt_console_error("%s", sentence); }

/* Check that results can be written before anything is tracked. */
static int check_places(const dslt_track_options *o) {
  if (o->out) DSLT_TRY(dslt_atomic_check(o->out));
  if (o->overlay && !dslt_media_writes_videos())
    return dslt_fail(
        DSLT_EUNSUPPORTED,
        "%s cannot be written: this build has neither FFmpeg nor OpenCV; install libavformat-dev and its "
        "fellows, or libopencv-dev, and build again.",
        o->overlay);
  return dslt_atomic_check(o->overlay);
}

static int open_run(live *l) {
  const dslt_track_options *o = &l->options->track;
  const dslt_live_setup setup = {.input = o->input,
                                 .source = {.start = o->start,
                                            .limit = o->frames,
                                            .as_stored = o->as_stored,
                                            .live = o->live,
                                            .interrupt = &dslt_signal_caught},
                                 .options = o->tracker,
                                 .weights = l->weights,
                                 .boxes = l->targets.first,
                                 .count = o->boxes,
                                 .unpaced = l->options->fast,
                                 .record = o->overlay,
                                 .tell = o->quiet ? NULL : tell};
  return dslt_live_run_open(&l->run, l->session, &setup);
}

/* Open all that the session needs, cheap checks first. Returns an exit code, its sentence printed. */
static int prepare(live *l) {
  const dslt_track_options *o = &l->options->track;
  if (!dslt_live_server_library()) { /* before anything is waited for */
    (void)dslt_live_server_start(&l->server, NULL, &l->options->address);
    return dslt_console_fail(DSLT_EUNSUPPORTED, DSLT_EXIT_DEVICE);
  }
  const dslt_target_request request = {o->box, o->boxes, o->boxes == 0, o->input, o->start};
  int rc = dslt_track_targets_find(&l->targets, &request);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_INPUT);
  rc = check_places(o);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  rc = dslt_weights_load(&l->weights, o->weights);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_WEIGHTS);
  rc = dslt_live_session_create(&l->session);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  rc = open_run(l);
  if (rc < 0) return dslt_signals_exit_code(dslt_console_fail(rc, DSLT_EXIT_INPUT));
  rc = dslt_live_server_start(&l->server, l->session, &l->options->address);
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : DSLT_EXIT_OK;
}

/* Boxes alone go to standard output where they are asked for there. */
static FILE *words(const dslt_track_options *o) {
  return o->out && o->out[0] == '-' && !o->out[1] ? stderr : stdout;
}

static void print_address(const live *l) {
  const dslt_track_options *o = &l->options->track;
  FILE *stream = words(o);
  const char *note = dslt_live_run_backend_note(l->run);
  if (note[0] && !o->quiet) dslt_console_error("%s", note);
  fprintf(stream, "%s\n", dslt_live_server_url(l->server));
  if (!o->quiet && getenv("SSH_CONNECTION")) {
    const int port = dslt_live_server_port(l->server);
    fprintf(stream, "From your own machine: ssh -L %d:127.0.0.1:%d THIS_HOST, then open the address there.\n",
            port, port);
  }
  if (!o->quiet) fputs("Open it in a browser; Ctrl-C ends.\n", stream);
  fflush(stream);
}

/* Write all results, also after an error; every failure is reported. */
static int finish(live *l, int exit_code) {
  const dslt_track_options *o = &l->options->track;
  const long long frames = (long long)dslt_live_run_frames(l->run);
  int worst = exit_code;
  int rc = dslt_live_run_close(l->run);
  l->run = NULL;
  if (rc < 0) worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
  dslt_live_rows *rows = dslt_live_session_rows(l->session);
  const long long boxes = dslt_live_rows_count(rows);
  if (o->out) {
    rc = dslt_live_rows_save(o->out, o->format, rows);
    if (rc < 0) worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
  }
  if (!o->quiet) fprintf(words(o), "%lld frames, %lld boxes\n", frames, boxes);
  return exit_code != DSLT_EXIT_OK ? exit_code : worst;
}

static void live_free(live *l) {
  dslt_live_server_stop(l->server);
  (void)dslt_live_run_close(l->run);
  dslt_live_session_free(l->session);
  dslt_weights_free(l->weights);
  dslt_track_targets_free(&l->targets);
}

static int serve(live *l) {
  print_address(l);
  const int rc = dslt_live_run_loop(l->run, &dslt_signal_caught);
  dslt_live_server_stop(l->server);
  l->server = NULL;
  int exit_code = rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_INPUT) : DSLT_EXIT_OK;
  if (exit_code == DSLT_EXIT_OK) exit_code = dslt_signals_exit_code(exit_code);
  return finish(l, exit_code);
}

int dslt_cmd_live(int argc, char **argv) {
  dslt_live_options options;
  dslt_live_options_parse(&options, argc, argv);
  if (options.track.list_options) {
    dslt_track_options_list(options.track.tracker);
    dslt_options_free(options.track.tracker);
    return DSLT_EXIT_OK;
  }
  live l = {.options = &options};
  dslt_signals_catch();
  signal(SIGPIPE, SIG_IGN); /* a browser that went away is an error of writing */
  int exit_code = prepare(&l);
  if (exit_code == DSLT_EXIT_OK) exit_code = serve(&l);
  live_free(&l);
  dslt_options_free(options.track.tracker);
  return exit_code;
}
