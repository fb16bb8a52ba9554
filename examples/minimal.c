/* SPDX-License-Identifier: Apache-2.0 */
/* minimal.c: follow one object through PPM frames with nothing but dslt.h and the C library.
 *
 *     minimal WEIGHTS x,y,w,h FRAME.ppm...      WEIGHTS: slim (built in) or a .safetensors file */
#include <dslt/dslt.h>
#include <stdio.h>
#include <stdlib.h>

/* Leave with the library's sentence when a call failed. */
static void check(int code) {
  if (code >= 0) return;
  fprintf(stderr, "minimal: %s: %s\n", dslt_error_name(code), dslt_last_error());
  exit(1);
}

/* A binary PPM, 8 bits a channel; frees the pixels of the frame before. */
static void read_ppm(dslt_image *out, const char *path) {
  static uint8_t *pixels;
  int width = 0, height = 0, most = 0, good = 0;
  FILE *file = fopen(path, "rb");
  if (file && fscanf(file, "P6 %5d %5d %3d", &width, &height, &most) == 3 && fgetc(file) != EOF) {
    size_t bytes = width > 0 && height > 0 ? (size_t)width * (size_t)height * 3 : 0;
    free(pixels);
    pixels = malloc(bytes + 1);
    good = bytes > 0 && most == 255 && pixels && fread(pixels, 1, bytes, file) == bytes;
  }
  if (file) fclose(file);
  if (!good) {
    fprintf(stderr, "minimal: %s is no whole P6 picture with 8 bits a channel.\n", path);
    exit(1);
  }
  *out = (dslt_image){pixels, width, height, (size_t)width * 3, DSLT_RGB8};
}

int main(int argc, char **argv) {
  dslt_box box;
  if (argc < 4 || sscanf(argv[2], "%lf,%lf,%lf,%lf", &box.x, &box.y, &box.width, &box.height) != 4) {
    fprintf(stderr, "Usage: minimal WEIGHTS x,y,w,h FRAME.ppm...\n");
    return 2;
  }
  dslt_weights *weights;
  check(dslt_weights_load(&weights, argv[1]));
  dslt_tracker *tracker;
  check(dslt_tracker_create(&tracker, NULL, weights));
  dslt_image frame;
  read_ppm(&frame, argv[3]);
  check(dslt_tracker_init(tracker, &frame, &box));
  for (int i = 3; i < argc; ++i) {
    dslt_result result = {.box = box};
    if (i > 3) read_ppm(&frame, argv[i]);
    if (i > 3) check(dslt_tracker_update(&result, tracker, &frame));
    printf("%.2f,%.2f,%.2f,%.2f\n", result.box.x, result.box.y, result.box.width, result.box.height);
  }
  dslt_tracker_free(tracker);
  dslt_weights_free(weights);
  return 0;
}
