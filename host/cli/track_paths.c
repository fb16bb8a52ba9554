/* SPDX-License-Identifier: Apache-2.0 */
/* track_paths.c: compares the files of a run by their real paths. */
#include "cli/track_paths.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "media/media.h"
#include "report/targets.h"

/* The canonical path of a file: links resolved; for a file that does not exist yet, its folder's real path
 * plus its name. */
static int canonical(char out[PATH_MAX], const char *path) {
  if (realpath(path, out)) return 1;
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  const char *base = slash ? slash + 1 : path;
  int length = (int)(base - path);
  if (length >= PATH_MAX || !base[0]) return 0;
  snprintf(folder, sizeof folder, "%.*s", length, path);
  char real[PATH_MAX];
  if (!realpath(length ? folder : ".", real)) return 0; /* opening the file will fail */
  return snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, base) < PATH_MAX;
}

static int same_file(const char *a, const char *b) {
  char real_a[PATH_MAX], real_b[PATH_MAX];
  struct stat status;
  if (stat(a, &status) == 0 && S_ISCHR(status.st_mode)) return 0; /* /dev/null may be used several times */
  return canonical(real_a, a) && canonical(real_b, b) && strcmp(real_a, real_b) == 0;
}

static int ends_in(const char *path, const char *const *endings) {
  const char *dot = strrchr(path, '.');
  for (; dot && *endings; endings++)
    if (strcasecmp(dot, *endings) == 0) return 1;
  return 0;
}

/* Would this result be taken for a picture of the input folder, now or in the next run? */
static int joins_input(const char *result, const char *input) {
  char file[PATH_MAX], folder[PATH_MAX];
  if (!dslt_picture_name(result) || !canonical(file, result) || !realpath(input, folder)) return 0;
  size_t length = strlen(folder);
  return strncmp(file, folder, length) == 0 && file[length] == '/' && !strchr(file + length + 1, '/');
}

typedef struct named_path {
  const char *option, *path;
} named_path;

int dslt_track_out_files(const dslt_track_options *o) {
  if (!o->out || strcmp(o->out, "-") == 0) return 0;
  return o->boxes > 1 && !dslt_box_format_numbers(o->format) ? o->boxes : 1;
}

int dslt_track_out_file(char *out, const dslt_track_options *o, int index) {
  if (dslt_track_out_files(o) > 1) return dslt_track_path_of(out, o->out, index + 1);
  if (snprintf(out, PATH_MAX, "%s", o->out) >= PATH_MAX)
    return dslt_fail(DSLT_EIO, "The file name %.60s... is too long.", o->out);
  return DSLT_OK;
}

/* A result must not replace an input file, nor be added to the input's pictures. */
static int check_against_sources(const named_path *result, const dslt_track_options *o) {
  const named_path sources[] = {{"the input", o->input}, {"--weights", o->weights}};
  for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
    if (sources[i].path && same_file(result->path, sources[i].path))
      return dslt_fail(DSLT_EOPTION, "%s %s would overwrite %s; give another name.", result->option,
                       result->path, sources[i].option);
  for (int i = 0; i < o->boxes; i++)
    if (strncmp(o->box[i], "otb:", 4) == 0 && same_file(result->path, o->box[i] + 4))
      return dslt_fail(DSLT_EOPTION, "%s %s would overwrite --box otb:; give another name.", result->option,
                       result->path);
  if (joins_input(result->path, o->input))
    return dslt_fail(DSLT_EOPTION, "%s %s lies among the input's pictures; give another folder or ending.",
                     result->option, result->path);
  return DSLT_OK;
}

static int check_apart(const named_path *a, const named_path *b) {
  if (!b->path || !same_file(a->path, b->path)) return DSLT_OK;
  return dslt_fail(DSLT_EOPTION, "%s and %s name the same file %s; give each its own.", a->option, b->option,
                   a->path);
}

static int check_results(const dslt_track_options *o) {
  const named_path overlay = {"--overlay", o->overlay}, summary = {"--summary", o->summary};
  for (int i = 0; i < dslt_track_out_files(o); i++) {
    char path[PATH_MAX];
    DSLT_TRY(dslt_track_out_file(path, o, i));
    const named_path out = {"--out", path};
    DSLT_TRY(check_against_sources(&out, o));
    DSLT_TRY(check_apart(&out, &overlay));
    DSLT_TRY(check_apart(&out, &summary));
  }
  if (overlay.path) {
    DSLT_TRY(check_against_sources(&overlay, o));
    DSLT_TRY(check_apart(&overlay, &summary));
  }
  return summary.path ? check_against_sources(&summary, o) : DSLT_OK;
}

int dslt_track_paths_check(const dslt_track_options *o) {
  static const char *const videos[] = {".mp4", ".avi", NULL};
  if (o->overlay && !ends_in(o->overlay, videos))
    return dslt_fail(DSLT_EOPTION, "--overlay %s: a video's name must end in .mp4 or .avi.", o->overlay);
  if (o->summary && strcmp(o->summary, "-") == 0)
    return dslt_fail(DSLT_EOPTION, "--summary needs a file's name; the summary is printed in words anyway.");
  DSLT_TRY(check_results(o));
  if (o->dump_response && same_file(o->dump_response, o->input))
    return dslt_fail(DSLT_EOPTION,
                     "--dump-response %s is the input's folder; its pictures would join the frames.",
                     o->dump_response);
  return DSLT_OK;
}

/* ---- a sequence's folder ------------------------------------------------------------------------- */

/* It is enough that the first picture exists. */
static int holds_pictures(const char *folder) {
  DIR *dir = opendir(folder);
  int found = 0;
  for (struct dirent *entry; dir && !found && (entry = readdir(dir));)
    found = dslt_picture_name(entry->d_name);
  if (dir) closedir(dir);
  return found;
}

/* The folder within `input` that holds the frames: one of the usual names, else the first by name. 1 if there is. */
static int find_place(char out[NAME_MAX + 1], const char *input) {
  static const char *const usual[] = {"img", "color", "imgs", "images", "frames", "rgb"};
  char folder[PATH_MAX];
  struct dirent **entries = NULL;
  int found = 0;
  for (size_t i = 0; !found && i < sizeof usual / sizeof *usual; i++) {
    found = snprintf(folder, sizeof folder, "%s/%s", input, usual[i]) < (int)sizeof folder &&
            holds_pictures(folder);
    if (found) strcpy(out, usual[i]);
  }
  const int count = found ? 0 : scandir(input, &entries, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    if (!found && name[0] != '.' &&
        snprintf(folder, sizeof folder, "%s/%s", input, name) < (int)sizeof folder &&
        holds_pictures(folder)) {
      found = 1;
      snprintf(out, NAME_MAX + 1, "%s", name);
    }
    free(entries[i]);
  }
  free(entries);
  return found;
}

/* "otb:" and the file of ground truth in the folder; "x,y,w,h" without one. */
static void find_box(char *out, size_t size, const char *folder) {
  static const char *const truths[] = {"groundtruth_rect.txt", "groundtruth.txt"};
  struct stat status;
  for (size_t i = 0; i < sizeof truths / sizeof *truths; i++)
    if (snprintf(out, size, "otb:%s/%s", folder, truths[i]) < (int)size && stat(out + 4, &status) == 0)
      return;
  snprintf(out, size, "x,y,w,h");
}

void dslt_track_sequence_hint(char *out, size_t size, const char *input) {
  char folder[PATH_MAX], place[NAME_MAX + 1], box[PATH_MAX];
  out[0] = '\0';
  const int length = (int)strlen(input) - (input[0] && input[strlen(input) - 1] == '/');
  if (snprintf(folder, sizeof folder, "%.*s", length, input) >= (int)sizeof folder) return;
  if (holds_pictures(input) || !find_place(place, folder)) return;
  find_box(box, sizeof box, folder);
  snprintf(out, size, "%s is a sequence's folder; its frames lie deeper: dslt track %s/%s --box %s", input,
           folder, place, box);
}
