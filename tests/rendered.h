/* SPDX-License-Identifier: Apache-2.0 */
// rendered.h: a rendered clip as files: numbered PPM pictures and OTB ground truth.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "media/media.h"
#include "media/scene.h"

struct RenderedClip {
  int width, height, object_width, object_height, frames;
  uint64_t seed;
  const char *name;  // of a picture: a printf format that takes the number, from 1
};

// Into the existing folder `images`; the truth into the file `truth`.
inline void render_clip(const std::string &images, const std::string &truth, const RenderedClip &clip) {
  dslt_scene_options options;
  dslt_scene_defaults(&options);
  options.width = clip.width, options.height = clip.height, options.frames = 60, options.seed = clip.seed;
  options.object_width = clip.object_width, options.object_height = clip.object_height;
  dslt_scene *scene = nullptr;
  ASSERT_EQ(dslt_scene_create(&scene, &options), DSLT_OK) << dslt_last_error();
  dslt_canvas canvas = {};
  std::ofstream rows(truth);
  for (int i = 0; i < clip.frames; i++) {
    dslt_box box;
    char name[32];
    snprintf(name, sizeof name, clip.name, i + 1);
    ASSERT_EQ(dslt_scene_render(&canvas, &box, scene, i), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(dslt_canvas_save(&canvas, (images + "/" + name).c_str()), DSLT_OK) << dslt_last_error();
    rows << box.x + 1 << ',' << box.y + 1 << ',' << box.width << ',' << box.height << '\n';
  }
  dslt_canvas_free(&canvas);
  dslt_scene_free(scene);
}
