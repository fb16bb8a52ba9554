#include "cli/track_paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "media/media.h"
#include "util/error.h"

/* One name for one file: links followed, and for a file yet to be made its folder's real name plus its own.
 */
static int canonical(char out[PATH_MAX], const char *path) {
  if (realpath(path, out)) return 1;
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  const char *base = slash ? slash + 1 : path;
  int length = (int)(base - path);
  if (length >= PATH_MAX || !base[0]) return 0;
  snprintf(folder, sizeof folder, "%.*s", length, path);
  char real[PATH_MAX];
  if (!realpath(length ? folder : ".", real)) return 0; /* the folder is missing: opening will say so */
  return snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, base) < PATH_MAX;
}

static int same_file(const char *a, const char *b) {
  char real_a[PATH_MAX], real_b[PATH_MAX];
  struct stat status;
  if (stat(a, &status) == 0 && S_ISCHR(status.st_mode)) return 0; /* /dev/null may serve everybody */
  return canonical(real_a, a) && canonical(real_b, b) && strcmp(real_a, real_b) == 0;
}

static int ends_in(const char *path, const char *const *endings) {
  const char *dot = strrchr(path, '.');
  for (; dot && *endings; ++endings)
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

int dslt_track_paths_check(const dslt_track_options *o) {
  static const char *const videos[] = {".mp4", ".avi", NULL};
  const char *out = o->out && strcmp(o->out, "-") != 0 ? o->out : NULL;
  const char *truth = o->box && strncmp(o->box, "otb:", 4) == 0 ? o->box + 4 : NULL;
  const named_path results[] = {{"--out", out}, {"--overlay", o->overlay}, {"--summary", o->summary}};
  const named_path sources[] = {{"the input", o->input}, {"--weights", o->weights}, {"--box otb:", truth}};
  enum { RESULTS = sizeof results / sizeof *results, SOURCES = sizeof sources / sizeof *sources };

  if (o->overlay && !ends_in(o->overlay, videos))
    return dslt_fail(DSLT_EOPTION, "--overlay %s: a video's name must end in .mp4 or .avi.", o->overlay);
  if (o->summary && strcmp(o->summary, "-") == 0)
    return dslt_fail(DSLT_EOPTION, "--summary needs a file's name; the summary is printed in words anyway.");
  for (int i = 0; i < RESULTS; ++i) {
    if (!results[i].path) continue;
    for (int k = 0; k < SOURCES; ++k)
      if (sources[k].path && same_file(results[i].path, sources[k].path))
        return dslt_fail(DSLT_EOPTION, "%s %s would overwrite %s; give another name.", results[i].option,
                         results[i].path, sources[k].option);
    for (int k = i + 1; k < RESULTS; ++k)
      if (results[k].path && same_file(results[i].path, results[k].path))
        return dslt_fail(DSLT_EOPTION, "%s and %s name the same file %s; give each its own.",
                         results[i].option, results[k].option, results[i].path);
    if (joins_input(results[i].path, o->input))
      return dslt_fail(DSLT_EOPTION, "%s %s lies among the input's pictures; give another folder or ending.",
                       results[i].option, results[i].path);
  }
  if (o->dump_response && same_file(o->dump_response, o->input))
    return dslt_fail(DSLT_EOPTION,
                     "--dump-response %s is the input's folder; its pictures would join the frames.",
                     o->dump_response);
  return DSLT_OK;
}
