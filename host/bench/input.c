/* SPDX-License-Identifier: Apache-2.0 */
/* input.c: finds the targets of an input. */
#include "bench/input.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "dataset/boxes.h"
#include "media/media.h"
#include "media/scene.h"

static int out_of_memory(void) {
  return dslt_fail(DSLT_EMEMORY, "Out of memory while looking at the inputs.");
}

/* ---- one item ------------------------------------------------------------------------------------ */

static int add_item(dslt_bench_items *items, const char *name, const char *input, dslt_dataset *set,
                    int index, dslt_box box) {
  if (items->count == items->room) {
    const int room = items->room ? 2 * items->room : 16;
    dslt_bench_item *list = realloc(items->list, (size_t)room * sizeof *list);
    if (!list) return out_of_memory();
    items->list = list;
    items->room = room;
  }
  dslt_bench_item item = {.name = strdup(name), .set = set, .index = index, .box = box};
  item.input = input ? strdup(input) : NULL;
  if (!item.name || (input && !item.input)) {
    free(item.name);
    free(item.input);
    return out_of_memory();
  }
  items->list[items->count++] = item;
  return DSLT_OK;
}

static int add_scene(dslt_bench_items *items, const char *input) {
  dslt_scene_options options;
  DSLT_TRY(dslt_scene_parse(&options, input));
  dslt_scene *scene = NULL;
  DSLT_TRY(dslt_scene_create(&scene, &options));
  dslt_canvas canvas = {0};
  dslt_box box;
  int rc = dslt_scene_render(&canvas, &box, scene, 0);
  dslt_canvas_free(&canvas);
  dslt_scene_free(scene);
  return rc < 0 ? rc : add_item(items, input, input, NULL, 0, box);
}

/* ---- sequences ----------------------------------------------------------------------------------- */

static int keep_set(dslt_bench_items *items, dslt_dataset *set) {
  dslt_dataset **sets = realloc(items->sets, ((size_t)items->set_count + 1) * sizeof *sets);
  if (!sets) return out_of_memory();
  items->sets = sets;
  items->sets[items->set_count++] = set;
  return DSLT_OK;
}

/* Is `folder` ("Crossing/img") below the video's folder `video` ("Crossing")? */
static int lies_in(const char *folder, const char *video) {
  const size_t length = strlen(video);
  return strncmp(folder, video, length) == 0 && (folder[length] == '/' || folder[length] == '\0');
}

/* Add the set's usable sequences, of one video only where `video` is not NULL. */
static int add_sequences(dslt_bench_items *items, dslt_dataset *set, const char *video) {
  for (int i = 0; i < dslt_dataset_count(set); i++) {
    const dslt_sequence *sequence = dslt_dataset_at(set, i);
    int found = 0;
    if (sequence->state != DSLT_SEQUENCE_READY || (video && !lies_in(sequence->folder, video))) continue;
    DSLT_TRY(dslt_dataset_locate(&found, set, i));
    if (found == 0) continue;
    DSLT_TRY(add_item(items, sequence->name, NULL, set, i, sequence->truth[0]));
  }
  return DSLT_OK;
}

static int add_root(dslt_bench_items *items, const char *root, const char *video, const char *sequences) {
  const dslt_dataset_kind *kind;
  dslt_dataset *set = NULL;
  DSLT_TRY(dslt_dataset_guess(&kind, NULL, root));
  DSLT_TRY(dslt_dataset_open(&set, kind->name, root));
  int rc = dslt_dataset_select(set, sequences);
  if (rc == DSLT_OK) rc = keep_set(items, set);
  if (rc < 0) {
    dslt_dataset_free(set);
    return rc;
  }
  const int before = items->count;
  DSLT_TRY(add_sequences(items, set, video));
  if (items->count > before) return DSLT_OK;
  return dslt_fail(DSLT_EIO, "%s%s%s holds no sequence with both frames and ground truth.", root,
                   video ? "/" : "", video ? video : "");
}

static int is_truth(const char *name) { return strncasecmp(name, "groundtruth_rect", 16) == 0; }

/* Number of files in the folder whose names `counts` accepts. */
static int count_files(const char *folder, int (*counts)(const char *name)) {
  DIR *list = opendir(folder);
  int count = 0;
  if (!list) return 0;
  for (const struct dirent *entry; (entry = readdir(list));) count += counts(entry->d_name) != 0;
  closedir(list);
  return count;
}

static int add_folder(dslt_bench_items *items, const char *folder, const char *sequences) {
  if (count_files(folder, is_truth) == 0) {
    if (count_files(folder, dslt_picture_name) > 1)
      return dslt_fail(DSLT_EOPTION, "%s is a folder of pictures: give the target with --box x,y,w,h.",
                       folder);
    return add_root(items, folder, NULL, sequences);
  }
  char real[PATH_MAX];
  if (!realpath(folder, real)) return dslt_fail(DSLT_EIO, "%s: %s.", folder, strerror(errno));
  char *slash = strrchr(real, '/');
  *slash = '\0';
  return add_root(items, real[0] ? real : "/", slash + 1, sequences);
}

/* ---- any input ----------------------------------------------------------------------------------- */

int dslt_bench_items_add(dslt_bench_items *items, const char *input, const char *box, const char *sequences) {
  if (dslt_source_is_scene(input)) {
    if (box) return dslt_fail(DSLT_EOPTION, "%s has its own target: leave --box out.", input);
    return add_scene(items, input);
  }
  if (box) {
    dslt_box first;
    DSLT_TRY(dslt_box_parse(&first, box));
    return add_item(items, input, input, NULL, 0, first);
  }
  struct stat status;
  if (stat(input, &status) != 0) return dslt_fail(DSLT_EIO, "%s: %s.", input, strerror(errno));
  if (S_ISDIR(status.st_mode)) return add_folder(items, input, sequences);
  return dslt_fail(DSLT_EOPTION, "%s is no folder of sequences: give the target with --box x,y,w,h.", input);
}

int64_t dslt_bench_item_frames(const dslt_bench_item *item, int64_t limit) {
  dslt_scene_options options;
  int64_t frames = -1;
  if (item->set)
    frames = dslt_dataset_at(item->set, item->index)->frames;
  else if (dslt_source_is_scene(item->input) && dslt_scene_parse(&options, item->input) == DSLT_OK)
    frames = options.frames;
  return limit > 0 && (frames < 0 || limit < frames) ? limit : frames;
}

void dslt_bench_items_free(dslt_bench_items *items) {
  for (int i = 0; i < items->count; i++) {
    free(items->list[i].name);
    free(items->list[i].input);
  }
  for (int i = 0; i < items->set_count; i++) dslt_dataset_free(items->sets[i]);
  free(items->list);
  free(items->sets);
  memset(items, 0, sizeof *items);
}
