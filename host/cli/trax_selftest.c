/* SPDX-License-Identifier: Apache-2.0 */
/* trax_selftest.c: a small client of the TraX protocol: one object through a rendered clip, and in version 4 a second
 * one that joins, and a new start. */
#include "cli/trax_selftest.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "eval/ope.h"
#include "media/scene.h"
#include "trax/region.h"
#include "trax/server.h"

enum { FRAMES = 10, JOINS_AT = 5, PATIENCE = 60000 /* ms for one answer */ };

typedef struct client {
  const dslt_trax_options *options;
  dslt_trax_stream stream;
  pid_t server;
  char folder[PATH_MAX];
  dslt_box truth[FRAMES], found[FRAMES];
  double seconds; /* from the second frame on */
} client;

/* ---- the clip ------------------------------------------------------------------------------------ */

/* PATH_MAX bytes and the prefix of a file's address. */
static int frame_address(char *out, size_t size, const client *c, int index) {
  if (snprintf(out, size, "file://%s/%d.ppm", c->folder, index + 1) < (int)size) return DSLT_OK;
  return dslt_fail(DSLT_EIO, "TMPDIR is too long a path.");
}

static int render(client *c) {
  dslt_scene_options options;
  dslt_scene *scene = NULL;
  dslt_canvas canvas = {0};
  dslt_scene_defaults(&options);
  int rc;
  DSLT_TRY_OR_DONE(dslt_scene_create(&scene, &options));
  for (int i = 0; i < FRAMES; i++) {
    char address[PATH_MAX + 8];
    DSLT_TRY_OR_DONE(dslt_scene_render(&canvas, &c->truth[i], scene, i));
    DSLT_TRY_OR_DONE(frame_address(address, sizeof address, c, i));
    DSLT_TRY_OR_DONE(dslt_canvas_save(&canvas, address + 7));
  }
done:
  dslt_canvas_free(&canvas);
  dslt_scene_free(scene);
  return rc;
}

/* ---- the server ---------------------------------------------------------------------------------- */

static int spawn(client *c, int to_server[2], int from_server[2]) {
  dslt_words command = {0};
  posix_spawn_file_actions_t actions;
  int rc = dslt_trax_command(&command, c->options);
  if (rc == DSLT_OK) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_server[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_server[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_server[1], STDERR_FILENO); /* as the toolkit does */
    const int reason = posix_spawn(&c->server, command.at[0], &actions, NULL, command.at, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (reason) rc = dslt_fail(DSLT_EIO, "%s cannot be started: %s.", command.at[0], strerror(reason));
  }
  dslt_words_free(&command);
  return rc;
}

static int start(client *c) {
  int to_server[2], from_server[2];
  if (pipe2(to_server, O_CLOEXEC) != 0) return dslt_fail(DSLT_EIO, "No pipe can be made.");
  if (pipe2(from_server, O_CLOEXEC) != 0) {
    close(to_server[0]);
    close(to_server[1]);
    return dslt_fail(DSLT_EIO, "No pipe can be made.");
  }
  const int rc = spawn(c, to_server, from_server);
  close(to_server[0]);
  close(from_server[1]);
  if (rc < 0) {
    close(to_server[1]);
    close(from_server[0]);
    return rc;
  }
  DSLT_TRY(dslt_trax_stream_open(&c->stream, from_server[0], to_server[1], "C"));
  c->stream.patience = PATIENCE;
  return DSLT_OK;
}

/* ---- messages ------------------------------------------------------------------------------------ */

static int expect(dslt_trax_message *out, client *c, dslt_trax_type type) {
  const int rc = dslt_trax_stream_read(out, &c->stream);
  if (rc < 0) return rc;
  if (rc == 0)
    return dslt_fail(DSLT_EIO,
                     "The tracker ended before its %s; without --selftest and with </dev/null it says why.",
                     dslt_trax_type_name(type));
  if (out->type == type) return DSLT_OK;
  const char *reason = out->type == DSLT_TRAX_QUIT ? dslt_trax_property_of(out, "trax.reason") : NULL;
  return dslt_fail(DSLT_EFORMAT, "The tracker answered %s instead of %s%s%s", dslt_trax_type_name(out->type),
                   dslt_trax_type_name(type), reason ? ": " : ".", reason ? reason : "");
}

static int say(client *c, dslt_trax_type type, char *first, char *second) {
  const dslt_trax_message m = {
      .type = type, .arguments = (first != NULL) + (second != NULL), .argument = {first, second}};
  return dslt_trax_stream_write(&c->stream, &m);
}

static int take_states(client *c, dslt_box *boxes, int count) {
  for (int i = 0; i < count; i++) {
    dslt_trax_message m;
    DSLT_TRY(expect(&m, c, DSLT_TRAX_STATE));
    if (m.arguments != 1 || !dslt_trax_property_of(&m, "confidence"))
      return dslt_fail(DSLT_EFORMAT, "A state lacks its region or its confidence.");
    DSLT_TRY(dslt_trax_region_box(&boxes[i], m.argument[0]));
  }
  return DSLT_OK;
}

/* Frame `index` with `objects` tracked; `begins` 1: `box` is a new object of it. */
static int show_frame(client *c, dslt_box *boxes, int index, int objects, const dslt_box *begins) {
  char address[PATH_MAX + 8], region[64];
  DSLT_TRY(frame_address(address, sizeof address, c, index));
  if (begins) dslt_trax_region_write(region, sizeof region, begins);
  if (begins && c->options->version < 4) {
    DSLT_TRY(say(c, DSLT_TRAX_INITIALIZE, address, region));
  } else {
    if (begins) DSLT_TRY(say(c, DSLT_TRAX_INITIALIZE, region, NULL));
    DSLT_TRY(say(c, DSLT_TRAX_FRAME, address, NULL));
  }
  return take_states(c, boxes, objects);
}

/* ---- the session --------------------------------------------------------------------------------- */

static int greet(client *c) {
  dslt_trax_message m;
  const double before = dslt_seconds();
  DSLT_TRY(expect(&m, c, DSLT_TRAX_HELLO));
  const char *version = dslt_trax_property_of(&m, "trax.version"),
             *name = dslt_trax_property_of(&m, "trax.name");
  const char *images = dslt_trax_property_of(&m, "trax.image"),
             *regions = dslt_trax_property_of(&m, "trax.region");
  if (!version || !name || !images || !regions)
    return dslt_fail(DSLT_EFORMAT, "The tracker's hello is not complete.");
  printf("hello after %.2f s: TraX %s, name %s, images %s regions %s%s\n", dslt_seconds() - before, version,
         name, images, regions, dslt_trax_property_of(&m, "trax.multiobject") ? " several objects" : "");
  return DSLT_OK;
}

static int follow(client *c) {
  const int joins = c->options->version > 3 && !c->options->single;
  dslt_box boxes[2], other = c->truth[JOINS_AT];
  other.x = other.x > 100 ? other.x - 100 : other.x + 100;
  double before = 0;
  for (int i = 0; i < FRAMES; i++) {
    const int second = joins && i >= JOINS_AT;
    if (i == 1) before = dslt_seconds();
    DSLT_TRY(show_frame(c, boxes, i, 1 + second,
                        i == 0                   ? &c->truth[0]
                        : joins && i == JOINS_AT ? &other
                                                 : NULL));
    c->found[i] = boxes[0];
  }
  c->seconds = dslt_seconds() - before;
  if (joins) printf("a second object joined at frame %d\n", JOINS_AT);
  return DSLT_OK;
}

static int start_over(client *c) {
  dslt_box box;
  if (c->options->version > 3) DSLT_TRY(say(c, DSLT_TRAX_INITIALIZE, NULL, NULL));
  DSLT_TRY(show_frame(c, &box, 0, 1, &c->truth[0]));
  DSLT_TRY(show_frame(c, &box, 1, 1, NULL));
  if (memcmp(&box, &c->found[1], sizeof box) != 0)
    return dslt_fail(DSLT_EFORMAT, "Frame 1 gave another box after a new start with the same object.");
  printf("a new start gave the same boxes\n");
  return DSLT_OK;
}

static int judge(const client *c) {
  dslt_ope ope;
  DSLT_TRY(dslt_ope_score(&ope, c->found, c->truth, FRAMES));
  printf("%d frames of a rendered clip: mean overlap %.3f, %.1f ms from frame to answer\n", FRAMES,
         ope.mean_overlap, 1e3 * c->seconds / (FRAMES - 1));
  return DSLT_OK;
}

static int hold_session(client *c) {
  DSLT_TRY(greet(c));
  DSLT_TRY(follow(c));
  DSLT_TRY(judge(c));
  DSLT_TRY(start_over(c));
  return say(c, DSLT_TRAX_QUIT, NULL, NULL);
}

/* Wait for the server, which after a failure is ended first. */
static int end_server(client *c, int rc) {
  int status = 0;
  dslt_trax_stream_close(&c->stream);
  if (rc < 0) kill(c->server, SIGTERM);
  waitpid(c->server, &status, 0);
  if (rc < 0) return rc;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return dslt_fail(DSLT_EIO, "After quit the tracker ended with %s %d.",
                     WIFEXITED(status) ? "exit code" : "signal",
                     WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
  printf("quit: the tracker ended with exit code 0\n");
  return DSLT_OK;
}

int dslt_trax_selftest(const dslt_trax_options *options) {
  client c = {.options = options, .stream = {.in = -1}};
  signal(SIGPIPE, SIG_IGN);
  int rc = dslt_temporary_folder(c.folder, sizeof c.folder, "dslt-trax");
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  rc = render(&c);
  if (rc == DSLT_OK) rc = start(&c);
  if (rc == DSLT_OK) rc = hold_session(&c);
  if (c.server > 0) rc = end_server(&c, rc);
  dslt_folder_remove(c.folder);
  return rc < 0 ? (dslt_console_fail(rc, DSLT_EXIT_FAILED), DSLT_EXIT_FAILED) : DSLT_EXIT_OK;
}
