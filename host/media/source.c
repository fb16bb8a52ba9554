/* SPDX-License-Identifier: Apache-2.0 */
/* source.c: parses the name of an input and reads frames of each kind. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "media/input.h"
#include "media/natural.h"
#include "media/orient.h"
#include "media/scene.h"

static const char *const EXTENSIONS[] = {"bmp", "exr", "jpeg", "jpg",  "pgm", "png",
                                         "pnm", "ppm", "tif",  "tiff", "webp"};
static const char EXTENSION_LIST[] = "bmp, exr, jpeg, jpg, pgm, png, pnm, ppm, tif, tiff, webp";

int dslt_picture_name(const char *path) {
  const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
  if (!dot || file[0] == '.') return 0; /* hidden files are no frames */
  for (size_t i = 0; i < sizeof EXTENSIONS / sizeof EXTENSIONS[0]; i++) {
    if (strcasecmp(dot + 1, EXTENSIONS[i]) == 0) return 1;
  }
  return 0;
}

static int no_memory(const char *name) { return dslt_fail(DSLT_EMEMORY, "No memory to open %s.", name); }

/* ---- a row of picture files
 * ------------------------------------------------------------------------------------ */

typedef struct turning { /* orientation setting of the pictures */
  int as_stored, told;
  dslt_notes *notes;
} turning;

static turning turning_of(const dslt_video_request *usual) {
  return (turning){.as_stored = usual->as_stored, .notes = usual->notes};
}

typedef struct pictures {
  char **paths;
  int64_t count, room, at;
  turning turning;
} pictures;

static void pictures_free(void *self) {
  pictures *p = self;
  for (int64_t i = 0; i < p->count; i++) free(p->paths[i]);
  free(p->paths);
  free(p);
}

static int pictures_add(pictures *p, const char *path) {
  if (p->count == p->room) {
    const int64_t room = p->room ? 2 * p->room : 256;
    char **paths = realloc(p->paths, (size_t)room * sizeof *paths);
    if (!paths) return no_memory(path);
    p->paths = paths;
    p->room = room;
  }
  if (!(p->paths[p->count] = strdup(path))) return no_memory(path);
  p->count++;
  return DSLT_OK;
}

static int load_named(dslt_frame *out, const char *path, turning *t) {
  int orientation = 1;
  DSLT_TRY(dslt_picture_load(out, path, t->as_stored ? NULL : &orientation));
  if (orientation != 1 && !t->told) {
    t->told = 1;
    dslt_notes_add(t->notes, 0,
                   "%s: by its EXIF orientation (%d) the picture is %s, and so are further ones by theirs; "
                   "boxes are in the picture as it is shown (--as-stored leaves the pixels as they are).",
                   path, orientation, dslt_orient_words(orientation));
  }
  free(out->name);
  out->name = strdup(path);
  return out->name ? 1 : no_memory(path);
}

static int pictures_next(dslt_frame *out, void *self, const atomic_bool *stop) {
  (void)stop;
  pictures *p = self;
  if (p->at == p->count) return 0;
  const char *path = p->paths[p->at++];
  return out ? load_named(out, path, &p->turning) : 1;
}

static int by_name(const void *a, const void *b) {
  return dslt_natural_compare(*(char *const *)a, *(char *const *)b);
}

/* Length of a path without the ending of its file. */
static size_t stem_length(const char *path) { return (size_t)(strrchr(path, '.') - path); }

static int by_stem(const void *a, const void *b) {
  const char *one = *(char *const *)a, *other = *(char *const *)b;
  const size_t n = stem_length(one), m = stem_length(other);
  const int order = memcmp(one, other, n < m ? n : m);
  return order ? order : (n > m) - (n < m);
}

/* 1.jpg and 1.png are most likely the same frame, so this is an error. */
static int check_twins(pictures *p, const char *where) {
  qsort(p->paths, (size_t)p->count, sizeof *p->paths, by_stem);
  int64_t twins = 0, first = 0;
  for (int64_t i = p->count - 1; i > 0; i--) {
    if (by_stem(&p->paths[i - 1], &p->paths[i]) != 0) continue;
    first = i;
    twins++;
  }
  if (twins == 0) return DSLT_OK;
  const char *one = p->paths[first - 1], *other = p->paths[first], *slash = strrchr(one, '/');
  return dslt_fail(
      DSLT_EARGUMENT,
      "%s holds frames twice: %lld of %lld pictures differ from another only in their ending, like "
      "%s and %s. Name one kind, such as \"%.*s*%s\".",
      where, (long long)twins, (long long)p->count, one, other, slash ? (int)(slash + 1 - one) : 0, one,
      strrchr(one, '.'));
}

/* Return the pictures in natural order, or free them on failure. */
static int pictures_finish(dslt_input *out, pictures *p, const char *where, int rc) {
  if (rc == DSLT_OK) rc = check_twins(p, where);
  if (rc < 0) {
    pictures_free(p);
    return rc;
  }
  qsort(p->paths, (size_t)p->count, sizeof *p->paths, by_name);
  *out = (dslt_input){.next = pictures_next,
                      .free = pictures_free,
                      .self = p,
                      .info = {.frames = p->count, .kind = "images", .aspect = {1, 1}}};
  return DSLT_OK;
}

static pictures *pictures_new(const turning *t) {
  pictures *p = calloc(1, sizeof *p);
  if (p) p->turning = *t;
  return p;
}

static int add_folder(pictures *p, int *others, const char *folder) {
  DIR *dir = opendir(folder);
  if (!dir) return dslt_fail(DSLT_EIO, "The folder %s cannot be read: %s.", folder, strerror(errno));
  int rc = DSLT_OK;
  const size_t length = strlen(folder);
  const char *between = length && folder[length - 1] == '/' ? "" : "/";
  for (struct dirent *entry; rc == DSLT_OK && (entry = readdir(dir));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char *path = NULL;
    if (asprintf(&path, "%s%s%s", folder, between, entry->d_name) < 0) {
      rc = no_memory(folder);
      break;
    }
    if (dslt_picture_name(entry->d_name)) { /* a name that is no file is an error when it is read */
      rc = pictures_add(p, path);
    } else {
      ++*others;
    }
    free(path);
  }
  closedir(dir);
  return rc;
}

static int open_folder(dslt_input *out, const char *folder, const turning *t) {
  pictures *p = pictures_new(t);
  if (!p) return no_memory(folder);
  int others = 0;
  int rc = add_folder(p, &others, folder);
  if (rc == DSLT_OK && p->count == 0) {
    rc = others ? dslt_fail(DSLT_EIO, "The folder %s holds no pictures; files that end in %s count.", folder,
                            EXTENSION_LIST)
                : dslt_fail(DSLT_EIO, "The folder %s is empty; give one that holds pictures.", folder);
  }
  return pictures_finish(out, p, folder, rc);
}

static int open_glob(dslt_input *out, const char *pattern, const turning *t) {
  glob_t found;
  const int trouble = glob(pattern, GLOB_NOSORT, NULL, &found);
  if (trouble == GLOB_NOSPACE) return no_memory(pattern);
  if (trouble != 0) return dslt_fail(DSLT_EIO, "No file matches %s.", pattern);
  pictures *p = pictures_new(t);
  int rc = p ? DSLT_OK : no_memory(pattern);
  for (size_t i = 0; rc == DSLT_OK && i < found.gl_pathc; i++) {
    if (dslt_picture_name(found.gl_pathv[i])) rc = pictures_add(p, found.gl_pathv[i]);
  }
  globfree(&found);
  if (rc == DSLT_OK && p->count == 0) {
    rc = dslt_fail(DSLT_EIO, "%s matches no pictures; files that end in %s count.", pattern, EXTENSION_LIST);
  }
  return p ? pictures_finish(out, p, pattern, rc) : rc;
}

static int open_picture(dslt_input *out, const char *path, const turning *t) {
  pictures *p = pictures_new(t);
  if (!p) return no_memory(path);
  return pictures_finish(out, p, path, pictures_add(p, path));
}

/* ---- a list on standard input
 * ---------------------------------------------------------------------------------- */

typedef struct list {
  char line[8192]; /* bytes read but not parsed yet */
  size_t have;
  int64_t number; /* of the line */
  bool ended;
  turning turning;
} list;

/* A piped video or picture. File names may contain bytes of any encoding, but normally no control
 * characters. */
static bool is_binary(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    const unsigned char c = (unsigned char)bytes[i];
    if ((c < 32 && c != '\n' && c != '\r' && c != '\t') || c == 127) return true;
  }
  return false;
}

/* A piped video or picture whose beginning is text. */
static bool begins_as_media(const char *bytes, size_t size) {
  static const char *const magics[] = {"YUV4MPEG2 ", "GIF87a", "GIF89a", "#EXTM3U", "<?xml", "<svg"};
  for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
    if (size >= strlen(magics[i]) && memcmp(bytes, magics[i], strlen(magics[i])) == 0) return true;
  return size >= 3 && bytes[0] == 'P' && bytes[1] && strchr("1234567Ff", bytes[1]) &&
         isspace((unsigned char)bytes[2]);
}

static int no_list(const char *what) {
  return dslt_fail(
      DSLT_EFORMAT,
      "Standard input holds %s, not a list: - reads the names of picture files, one a line. A video "
      "through a pipe is /dev/stdin.",
      what);
}

/* Move the line of `length` bytes that l->line begins with into `path`. 1, or DSLT_EFORMAT. */
static int take_line(char *path, size_t room, list *l, size_t length) {
  const size_t used = length < l->have ? length + 1 : length;
  const int marked = l->number == 0 && length >= 3 && memcmp(l->line, "\xef\xbb\xbf", 3) == 0;
  const size_t skipped = marked ? 3 : 0; /* byte-order mark of Windows editors */
  length -= skipped;
  if (length && l->line[skipped + length - 1] == '\r') length--;
  if (length >= room)
    return dslt_fail(DSLT_EFORMAT, "Line %lld of the list is too long.", (long long)l->number + 1);
  memcpy(path, l->line + skipped, length);
  path[length] = 0;
  l->have -= used;
  memmove(l->line, l->line + used, l->have);
  l->number++;
  return 1;
}

/* The next line into `path`, without its end. 1, 0 at the end, negative. */
static int list_line(char *path, size_t room, list *l, const atomic_bool *stop) {
  for (;;) {
    char *end = memchr(l->line, '\n', l->have);
    if (!end && l->ended && l->have) end = l->line + l->have; /* the last line may lack its end */
    if (end) return take_line(path, room, l, (size_t)(end - l->line));
    if (l->ended) return 0;
    if (l->have == sizeof l->line) {
      return dslt_fail(DSLT_EFORMAT, "Line %lld of the list is too long.", (long long)l->number + 1);
    }
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!atomic_load(stop)) {
      const int ready = poll(&in, 1, 20);
      if (ready > 0) break;
      if (ready < 0 && errno != EINTR)
        return dslt_fail(DSLT_EIO, "The list cannot be read: %s.", strerror(errno));
    }
    if (atomic_load(stop)) return 0;
    const ssize_t n = read(STDIN_FILENO, l->line + l->have, sizeof l->line - l->have);
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
      return dslt_fail(DSLT_EIO, "The list cannot be read: %s.", strerror(errno));
    }
    if (n == 0) l->ended = true;
    if (n > 0 && is_binary(l->line + l->have, (size_t)n)) return no_list("binary data");
    if (n > 0) l->have += (size_t)n;
    if (l->number == 0 && begins_as_media(l->line, l->have)) return no_list("a picture or a video");
  }
}

static int list_next(dslt_frame *out, void *self, const atomic_bool *stop) {
  list *l = self;
  char path[4096];
  do {
    const int rc = list_line(path, sizeof path, l, stop);
    if (rc <= 0) return rc;
  } while (!path[0]); /* empty lines are skipped */
  if (!out) return 1;
  const int rc = load_named(out, path, &l->turning);
  if (rc >= 0) return rc;
  char where[64];
  snprintf(where, sizeof where, "line %lld of the list", (long long)l->number);
  return dslt_fail_prefix(rc, where);
}

static int open_list(dslt_input *out, const turning *t) {
  list *l = calloc(1, sizeof *l);
  if (!l) return no_memory("the list");
  l->turning = *t;
  *out = (dslt_input){.next = list_next,
                      .free = free,
                      .self = l,
                      .info = {.frames = -1, .about = -1, .kind = "list", .aspect = {1, 1}},
                      .slow = true};
  return DSLT_OK;
}

/* ---- the rendered clip
 * ------------------------------------------------------------------------------------------ */

typedef struct clip {
  dslt_scene *scene;
  int at;
} clip;

static void clip_free(void *self) {
  clip *c = self;
  dslt_scene_free(c->scene);
  free(c);
}

static int clip_next(dslt_frame *out, void *self, const atomic_bool *stop) {
  (void)stop;
  clip *c = self;
  if (c->at == dslt_scene_frames(c->scene)) return 0;
  if (!out) {
    c->at++;
    return 1;
  }
  dslt_canvas canvas = {out->width, out->height, out->format == DSLT_BGR8 ? out->pixels : NULL};
  if (!canvas.pixels) { /* the slot's first frame */
    DSLT_TRY(dslt_scene_render(&canvas, NULL, c->scene, c->at));
    free(out->pixels);
    out->pixels = canvas.pixels;
    out->capacity = (size_t)canvas.width * (size_t)canvas.height * 3;
    DSLT_TRY(dslt_frame_reserve(out, canvas.width, canvas.height, DSLT_BGR8));
  } else {
    DSLT_TRY(dslt_scene_render(&canvas, NULL, c->scene, c->at));
  }
  out->time = c->at / 30.0;
  c->at++;
  return 1;
}

static int open_scene(dslt_input *out, const char *name) {
  dslt_scene_options options;
  DSLT_TRY(dslt_scene_parse(&options, name));
  clip *c = calloc(1, sizeof *c);
  if (!c) return no_memory("the scene");
  const int rc = dslt_scene_create(&c->scene, &options);
  if (rc < 0) {
    free(c);
    return rc;
  }
  *out = (dslt_input){.next = clip_next,
                      .free = clip_free,
                      .self = c,
                      .info = {.frames = options.frames, .fps = 30, .kind = "scene", .aspect = {1, 1}}};
  return DSLT_OK;
}

/* ---- a pipe -------------------------------------------------------------------------------------- */

/* The file descriptor that such a name means: "/dev/stdin", "/dev/fd/N", "pipe:", "pipe:N", "pipe://", "pipe://N"; -1
 * for other names. */
static int descriptor_of(const char *name) {
  static const char *const beginnings[] = {"/dev/fd/", "pipe://", "pipe:"};
  if (strcmp(name, "/dev/stdin") == 0) return STDIN_FILENO;
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
    const size_t length = strlen(beginnings[i]);
    if (strncmp(name, beginnings[i], length) != 0) continue;
    const char *number = name + length;
    if (!number[0] && i > 0) return STDIN_FILENO;
    const size_t digits = strspn(number, "0123456789");
    return digits > 0 && digits <= 6 && !number[digits] ? atoi(number) : -1;
  }
  return -1;
}

/* A named pipe is opened without waiting for who writes into it; its first bytes are waited for. `usual`: the settings
 * of every video, here and below. */
static int open_pipe(dslt_input *out, const char *name, const dslt_video_request *usual) {
  const int known = descriptor_of(name);
  const int fd =
      known >= 0 ? fcntl(known, F_DUPFD_CLOEXEC, 0) : open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return dslt_fail(DSLT_EIO, "%s cannot be opened: %s.", name, strerror(errno));
  if (isatty(fd)) {
    close(fd);
    return dslt_fail(DSLT_EIO,
                     "%s is a terminal; send a video through it, as in: producer | dslt track %s ...", name,
                     name);
  }
  dslt_video_request request = *usual;
  request.path = name;
  request.piped = 1;
  request.descriptor = fd;
  return dslt_input_open_video(out, &request);
}

/* ---- which kind
 * ------------------------------------------------------------------------------------------------ */

/* A number that takes all of `text`; -1 otherwise. */
static int64_t whole_number(const char *text, int64_t most) {
  if (text[0] < '0' || text[0] > '9') return -1;
  char *end;
  errno = 0;
  const long long v = strtoll(text, &end, 10);
  return errno || *end || v > most ? -1 : v;
}

static int file_exists(const char *name) {
  struct stat status;
  return stat(name, &status) == 0;
}

int dslt_source_is_scene(const char *input) {
  return strncmp(input, "scene:", 6) == 0 && !file_exists(input);
}

static int open_path(dslt_input *out, const char *name, const dslt_video_request *usual) {
  const turning t = turning_of(usual);
  struct stat status;
  if (stat(name, &status) != 0) {
    if (errno == ENOENT && strpbrk(name, "*?[")) return open_glob(out, name, &t);
    return dslt_fail(DSLT_EIO, "%s cannot be opened: %s.", name, strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) return open_folder(out, name, &t);
  const int terminal = S_ISCHR(status.st_mode) && descriptor_of(name) >= 0;
  if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || terminal) return open_pipe(out, name, usual);
  if (!S_ISREG(status.st_mode)) return dslt_fail(DSLT_EIO, "%s is neither a file nor a folder.", name);
  if (dslt_picture_name(name)) return open_picture(out, name, &t);
  if (status.st_size == 0) return dslt_fail(DSLT_EFORMAT, "%s is empty.", name);
  dslt_video_request request = *usual;
  request.path = name;
  return dslt_input_open_video(out, &request);
}

static int open_address(dslt_input *out, const char *name, const dslt_video_request *usual) {
  dslt_video_request request = *usual;
  request.path = name;
  request.address = 1;
  return dslt_input_open_video(out, &request);
}

int dslt_input_open(dslt_input *out, const char *name, const dslt_source_options *options,
                    dslt_notes *notes) {
  const dslt_video_request usual = {
      .as_stored = options->as_stored, .notes = notes, .interrupt = options->interrupt};
  const turning t = turning_of(&usual);
  if (!name[0])
    return dslt_fail(DSLT_EARGUMENT, "The input's name is empty; give a video, a folder or a glob.");
  if (strcmp(name, "-") == 0) return open_list(out, &t);
  if (file_exists(name)) return open_path(out, name, &usual); /* an existing file takes precedence */
  if (strncmp(name, "camera:", 7) == 0) {
    const int64_t number = whole_number(name + 7, 99);
    if (number < 0)
      return dslt_fail(DSLT_EARGUMENT, "%s names no camera; write camera:0 to camera:99.", name);
    return dslt_input_open_camera(out, (int)number);
  }
  if (strncmp(name, "scene:", 6) == 0) return open_scene(out, name);
  if (descriptor_of(name) >= 0) return open_pipe(out, name, &usual);
  return strstr(name, "://") ? open_address(out, name, &usual) : open_path(out, name, &usual);
}
