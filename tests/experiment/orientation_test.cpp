/* SPDX-License-Identifier: Apache-2.0 */
// dslt run takes the pixels of a benchmark as stored, whatever the pictures' EXIF data say, and tells it.
#include "experiment/world.h"
#include "skip.h"

namespace {

class RunOrientation : public RunTest {
 protected:
  // The first frames of clip1 as JPEG, with an orientation in both byte orders or without one.
  void make_set(const std::string &root, int orientation) const {
    std::filesystem::create_directories(root + "/clip/img");
    std::string truth = slurp(set() + "/clip1/groundtruth_rect.txt"), rows;
    for (int i = 1; i <= 3; i++) {
      const std::string ppm = set() + "/clip1/img/000" + std::to_string(i) + ".ppm",
                        jpg = root + "/clip/img/000" + std::to_string(i) + ".jpg";
      dslt_source *source = nullptr;
      dslt_image image;
      ASSERT_EQ(dslt_source_open(&source, ppm.c_str(), nullptr), DSLT_OK) << dslt_last_error();
      ASSERT_EQ(dslt_source_next(&image, nullptr, nullptr, source), 1);
      dslt_canvas canvas = {};
      ASSERT_EQ(dslt_canvas_from_image(&canvas, &image), DSLT_OK);
      ASSERT_EQ(dslt_canvas_save(&canvas, jpg.c_str()), DSLT_OK) << dslt_last_error();
      dslt_canvas_free(&canvas);
      dslt_source_close(source);
      const size_t end = truth.find('\n') + 1;
      rows += truth.substr(0, end);
      truth.erase(0, end);
      if (!orientation) continue;
      const std::string value(1, static_cast<char>(orientation)), zero(1, '\0');
      const std::string little = std::string("II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0", 18) + value + zero,
                        big = std::string("MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1", 18) + zero + value;
      const std::string body = std::string("Exif\0\0", 6) + (i % 2 ? little : big) + std::string(6, '\0');
      std::string bytes = slurp(jpg);
      bytes.insert(2, "\xff\xe1" + zero + std::string(1, static_cast<char>(body.size() + 2)) + body);
      spill(jpg, bytes);
    }
    spill(root + "/clip/groundtruth_rect.txt", rows);
  }
  Outcome run_on(const std::string &root, const std::string &out) const {
    return run({"run", "--dataset", "folder", "--root", root, "--weights", weights(), "--out", out, "--set",
                "memory=2", "--set", "init_steps=3", "--backend", "cpu"});
  }
};

TEST_F(RunOrientation, PixelsStayAsStored) {
  if (!DSLT_OPENCV) GTEST_SKIP() << skip::kOpenCv;
  make_set(path("plain"), 0);
  const Outcome plain = run_on(path("plain"), path("r0"));
  ASSERT_EQ(plain.code, 0) << plain.err;
  EXPECT_FALSE(contains(plain.err, "EXIF")) << plain.err;
  for (int orientation : {3, 6}) {
    const std::string root = path("set" + std::to_string(orientation)),
                      out = path("r" + std::to_string(orientation));
    make_set(root, orientation);
    const Outcome turned = run_on(root, out);
    ASSERT_EQ(turned.code, 0) << turned.err;
    EXPECT_TRUE(contains(
        turned.err, "EXIF orientation (" + std::to_string(orientation) + "). Pixels are taken as stored"))
        << turned.err;
    EXPECT_EQ(slurp(out + "/clip.txt"), slurp(path("r0/clip.txt")));
  }
}

}  // namespace
