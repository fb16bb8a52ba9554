/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer entry for saved trackers. The input is bytes that claim to be one, or edits of an intact one: then nearly all of it
 * passes the first checks, and half of the time the checksum is made to fit. What is loaded must track a frame and be saved. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/archive.h"
#include "base/rng.h"
#include "dslt/dslt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WIDTH = 80, HEIGHT = 60, KINDS = 2 };

static void require(int truth) {
  if (!truth) abort();
}

typedef struct intact {
  unsigned char *bytes;
  size_t size;
  dslt_options *options;
} intact;

static unsigned char pixels[2][HEIGHT * WIDTH * 3];
static dslt_weights *weights;
static intact states[KINDS];

static dslt_image frame_of(int index) {
  return (dslt_image){pixels[index], WIDTH, HEIGHT, WIDTH * 3, DSLT_BGR8};
}

static void draw_frames(void) {
  dslt_rng rng = dslt_rng_make(1, 9);
  for (int y = 0; y < HEIGHT; ++y)
    for (int x = 0; x < WIDTH * 3; ++x) {
      const unsigned char value = (unsigned char)(x + 2 * y + (int)dslt_rng_below(&rng, 40));
      pixels[0][y * WIDTH * 3 + x] = value;
      pixels[1][y * WIDTH * 3 + (x + 3) % (WIDTH * 3)] = value;
    }
}

static void make(intact *out, const char *preset, const char *const settings[][2], int count) {
  const dslt_image frame = frame_of(0), next = frame_of(1);
  const dslt_box box = {30, 20, 16, 14};
  dslt_tracker *tracker = NULL;
  dslt_result result;
  void *state = NULL;
  require(dslt_options_create(&out->options, preset) == DSLT_OK);
  for (int i = 0; i < count; ++i)
    require(dslt_options_set(out->options, settings[i][0], settings[i][1]) == DSLT_OK);
  require(dslt_tracker_create(&tracker, out->options, weights) == DSLT_OK);
  require(dslt_tracker_init(tracker, &frame, &box) == DSLT_OK);
  require(dslt_tracker_update(&result, tracker, &next) == DSLT_OK);
  require(dslt_tracker_save(&state, &out->size, tracker) == DSLT_OK);
  out->bytes = state;
  dslt_tracker_free(tracker);
}

/* Once. */
static void prepare(void) {
  static const char *const crt[][2] = {{"backend", "cpu"}, {"threads", "1"},   {"init_steps", "2"},
                                       {"memory", "2"},    {"max_side", "64"}, {"update_steps", "1"}};
  static const char *const dslt[][2] = {{"backend", "cpu"},         {"threads", "1"},
                                        {"init_steps", "2"},        {"memory", "2"},
                                        {"reduce_channels", "4"},   {"search_min_area", "1024"},
                                        {"search_max_area", "1600"}};
  if (weights) return;
  draw_frames();
  require(dslt_weights_random(&weights, "vgg16/16", 1) == DSLT_OK);
  make(&states[0], "crt-hog", crt, 6);
  make(&states[1], "dslt", dslt, 7);
}

/* Only options that cost as little as the intact state's. */
static int is_cheap(const intact *from, const dslt_options *options) {
  dslt_option_info info;
  if (strcmp(dslt_options_tracker(options), dslt_options_tracker(from->options)) != 0) return 0;
  for (int i = 0; dslt_options_describe(&info, options, i) == DSLT_OK; ++i) {
    char a[64], b[64];
    require(dslt_options_get(a, sizeof a, options, info.key) == DSLT_OK);
    require(dslt_options_get(b, sizeof b, from->options, info.key) == DSLT_OK);
    if (strcmp(a, b) != 0) return 0;
  }
  return 1;
}

static void go_on(dslt_tracker *tracker) {
  const dslt_image next = frame_of(0);
  dslt_result result;
  dslt_response response;
  const float *losses;
  void *state = NULL;
  size_t size = 0;
  int count;
  volatile float sum = 0;
  require(dslt_tracker_result(&result, tracker) == DSLT_OK);
  require(dslt_tracker_init_losses(&losses, &count, tracker) == DSLT_OK);
  for (int i = 0; i < count; ++i) sum += losses[i];
  const int rc = dslt_tracker_update(&result, tracker, &next);
  require(rc == DSLT_OK || rc == DSLT_EFRAME); /* of another size */
  if (rc == DSLT_OK && dslt_tracker_response(&response, tracker) == DSLT_OK)
    for (int i = 0; i < response.width * response.height; ++i) sum += response.data[i];
  require(dslt_tracker_save(&state, &size, tracker) == DSLT_OK && size > 0);
  dslt_state_free(state);
}

static void try_to_load(const intact *from, const unsigned char *state, size_t size) {
  dslt_options *options = NULL;
  dslt_tracker *tracker = NULL;
  int rc = dslt_options_load(&options, state, size);
  require((rc == DSLT_OK) == (options != NULL));
  if (rc < 0) require(dslt_last_error()[0] != '\0');
  if (rc == DSLT_OK && is_cheap(from, options)) {
    rc = dslt_tracker_load(&tracker, state, size, NULL, weights);
    require((rc == DSLT_OK) == (tracker != NULL));
    if (rc == DSLT_OK)
      go_on(tracker);
    else
      require(dslt_last_error()[0] != '\0');
  }
  dslt_tracker_free(tracker);
  dslt_options_free(options);
}

/* Nine bytes each: where, and what. */
static void edit(unsigned char *state, size_t size, const uint8_t *data) {
  static const double numbers[] = {0, -1, 1, 0.5, 1e9, -1e9, 1e300, 2147483648.0, -1e-300, 3, 7, 63};
  uint32_t where, what;
  memcpy(&where, data, sizeof where);
  memcpy(&what, data + 4, sizeof what);
  const size_t at =
      data[8] & 1 ? where % size : where % 4096 % size; /* most numbers are near the beginning */
  switch (data[8] >> 1 & 3) {
    case 0: state[at] ^= (unsigned char)(what | 1); break;
    case 1: {
      const double number = numbers[what % (sizeof numbers / sizeof *numbers)];
      if (at / 8 * 8 + sizeof number <= size) memcpy(state + at / 8 * 8, &number, sizeof number);
      break;
    }
    case 2:
      if (at / 8 * 8 + sizeof what <= size) memcpy(state + at / 8 * 8, &what, sizeof what);
      break;
    default: memset(state + at, data[4], size - at < data[5] ? size - at : data[5]);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  prepare();
  if (size < 2) return 0;
  const int mode = data[0];
  const intact *from = &states[mode % 16 == 0];
  if (mode == 255) {
    try_to_load(from, data + 1, size - 1);
    return 0;
  }
  size_t length = from->size;
  unsigned char *state = malloc(length);
  if (!state) return 0;
  memcpy(state, from->bytes, length);
  if (data[1] < 16) length = length / 16 * data[1] + data[1];
  for (size_t at = 2; at + 9 <= size && at < 2 + 9 * 8 && length > 0; at += 9) edit(state, length, data + at);
  if (mode & 64 && length > DSLT_ARCHIVE_HEAD) dslt_archive_seal(state, length);
  try_to_load(from, state, length);
  free(state);
  return 0;
}
