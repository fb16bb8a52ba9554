/* SPDX-License-Identifier: Apache-2.0 */
// GStreamer's element dslttrack: its boxes are those of `dslt track`, whatever the pixel format; boxes come by property and by
// event; it draws, tells what happened, and takes what is wrong without breaking off.
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/video/gstvideometa.h>

#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "../cli/program.h"

namespace {

constexpr int kWidth = 120, kHeight = 96;

using Frame = std::string;  // RGB, 3 bytes a pixel

struct Found {
  bool known = false;
  double x = 0, y = 0, width = 0, height = 0, score = 0;
  bool lost = false, found = false;
  guint left = 0, top = 0, columns = 0, rows = 0;  // of the meta
  Frame pixels;
};

Found found_in(GstBuffer *buffer) {
  Found out;
  gpointer state = nullptr;
  const GstMeta *meta;
  while (
      (meta = gst_buffer_iterate_meta_filtered(buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    auto *region = reinterpret_cast<const GstVideoRegionOfInterestMeta *>(meta);
    EXPECT_FALSE(out.known) << "two regions";
    EXPECT_STREQ(g_quark_to_string(region->roi_type), "dslt");
    const GstStructure *s = gst_video_region_of_interest_meta_get_param(
        const_cast<GstVideoRegionOfInterestMeta *>(region), "dslt-track");
    gboolean lost = FALSE, found = FALSE;
    out.known = s && gst_structure_get(s, "x", G_TYPE_DOUBLE, &out.x, "y", G_TYPE_DOUBLE, &out.y, "width",
                                       G_TYPE_DOUBLE, &out.width, "height", G_TYPE_DOUBLE, &out.height,
                                       "score", G_TYPE_DOUBLE, &out.score, "lost", G_TYPE_BOOLEAN, &lost,
                                       "found", G_TYPE_BOOLEAN, &found, nullptr);
    EXPECT_TRUE(out.known);
    out.lost = lost, out.found = found;
    out.left = region->x, out.top = region->y, out.columns = region->w, out.rows = region->h;
  }
  GstMapInfo map;
  if (gst_buffer_map(buffer, &map, GST_MAP_READ)) {
    out.pixels.assign(reinterpret_cast<const char *>(map.data), map.size);
    gst_buffer_unmap(buffer, &map);
  }
  return out;
}

// appsrc ! [convert] ! dslttrack ! appsink, fed frame by frame.
class Pipeline {
 public:
  explicit Pipeline(const std::string &track, const std::string &format = "RGB") {
    const std::string convert = format == "RGB" ? "" : "videoconvert ! video/x-raw,format=" + format + " ! ";
    const std::string text =
        "appsrc name=in format=time caps=video/x-raw,format=RGB,width=120,height=96,framerate=25/1 ! " +
        convert + "dslttrack name=track " + track + " ! appsink name=out sync=false";
    GError *error = nullptr;
    pipeline_ = gst_parse_launch(text.c_str(), &error);
    EXPECT_EQ(error, nullptr) << (error ? error->message : "");
    g_clear_error(&error);
    in_ = gst_bin_get_by_name(GST_BIN(pipeline_), "in");
    out_ = gst_bin_get_by_name(GST_BIN(pipeline_), "out");
    track_ = gst_bin_get_by_name(GST_BIN(pipeline_), "track");
    started_ = gst_element_set_state(pipeline_, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
  }
  ~Pipeline() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    for (gpointer object : {gpointer(in_), gpointer(out_), gpointer(track_), gpointer(pipeline_)})
      gst_object_unref(object);
  }
  Pipeline(const Pipeline &) = delete;
  Pipeline &operator=(const Pipeline &) = delete;

  bool started() const { return started_; }
  GstElement *track() const { return track_; }

  Found step(const Frame &frame) {
    GstBuffer *buffer = gst_buffer_new_allocate(nullptr, frame.size(), nullptr);
    gst_buffer_fill(buffer, 0, frame.data(), frame.size());
    GST_BUFFER_PTS(buffer) = GstClockTime(count_++) * 40 * GST_MSECOND;
    EXPECT_EQ(gst_app_src_push_buffer(GST_APP_SRC(in_), buffer), GST_FLOW_OK);
    GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(out_), 60 * GST_SECOND);
    EXPECT_NE(sample, nullptr) << "frame " << count_ - 1;
    if (!sample) return {};
    const Found out = found_in(gst_sample_get_buffer(sample));
    gst_sample_unref(sample);
    return out;
  }

  // "begun@0 lost@4": what the element said on the bus since the last call, and in which frame.
  std::string said() {
    std::string all;
    GstBus *bus = gst_element_get_bus(pipeline_);
    const auto types = GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
    while (GstMessage *message = gst_bus_pop_filtered(bus, types)) {
      const GstStructure *s = gst_message_get_structure(message);
      GError *error = nullptr;
      if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT && gst_structure_has_name(s, "dslt-track")) {
        guint64 when = 0;
        EXPECT_TRUE(gst_structure_get_clock_time(s, "timestamp", &when));
        all += std::string(gst_structure_get_string(s, "event")) + "@" +
               std::to_string(when / (40 * GST_MSECOND)) + " ";
      } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
        gst_message_parse_warning(message, &error, nullptr);
        all += "warning: " + std::string(error->message) + " ";
      } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        gst_message_parse_error(message, &error, nullptr);
        all += "error: " + std::string(error->message) + " ";
      }
      g_clear_error(&error);
      gst_message_unref(message);
    }
    gst_object_unref(bus);
    return all;
  }

  void send_box(const dslt_box *box, gboolean upstream) {
    GstStructure *s = gst_structure_new_empty("dslt-track");
    if (box)
      gst_structure_set(s, "x", G_TYPE_DOUBLE, box->x, "y", G_TYPE_DOUBLE, box->y, "width", G_TYPE_DOUBLE,
                        box->width, "height", G_TYPE_DOUBLE, box->height, nullptr);
    GstElement *to = upstream ? out_ : track_;
    EXPECT_TRUE(gst_element_send_event(
        to, gst_event_new_custom(upstream ? GST_EVENT_CUSTOM_UPSTREAM : GST_EVENT_CUSTOM_DOWNSTREAM, s)));
  }

 private:
  GstElement *pipeline_ = nullptr, *in_ = nullptr, *out_ = nullptr, *track_ = nullptr;
  bool started_ = false;
  int count_ = 0;
};

class Element : public ClipTest {
 protected:
  void SetUp() override {
    ClipTest::SetUp();
    setenv("GST_PLUGIN_PATH", DSLT_TEST_PLUGINS, 1);
    setenv("GST_REGISTRY", path("registry").c_str(), 1);
    setenv("GST_REGISTRY_FORK", "no", 1); /* a scanner of its own would not have the sanitizers */
    gst_init(nullptr, nullptr);
    GstElementFactory *factory = gst_element_factory_find("dslttrack");
    ASSERT_NE(factory, nullptr) << "no element dslttrack in " << DSLT_TEST_PLUGINS;
    gst_object_unref(factory);
    for (int i = 0; i < kFrames; ++i) {
      const std::string file = slurp(images() + "/" + std::to_string(i + 1) + ".ppm");
      ASSERT_GE(file.size(), size_t(kWidth * kHeight * 3));
      frames_.push_back(file.substr(file.size() - size_t(kWidth * kHeight * 3)));
    }
    std::ifstream(truth()) >> truth_text_;
    double *sides[] = {&box_.x, &box_.y, &box_.width, &box_.height};
    std::istringstream numbers(truth_text_);
    for (double *side : sides) {
      numbers >> *side;
      numbers.ignore();
    }
    box_.x -= 1, box_.y -= 1; /* the file counts pixels from 1 */
  }
  static std::string text_of(const dslt_box &b) {
    std::ostringstream text;
    text << b.x << "," << b.y << "," << b.width << "," << b.height;
    return text.str();
  }
  // As ClipTest::track() tracks.
  std::string settings(bool with_box = true) const {
    return "preset=dslt weights=" + weights() + " options=\"backend=cpu threads=1 init_steps=3 memory=2\"" +
           (with_box ? " box=" + text_of(box_) : "");
  }
  std::vector<Frame> frames_;
  std::string truth_text_;
  dslt_box box_ = {};
};

TEST_F(Element, BoxesAreThoseOfTheProgram) {
  const std::string out = path("boxes.csv");
  const Outcome done = run(track(images(), {"--out", out, "--format", "csv", "--preset", "dslt"}));
  ASSERT_EQ(done.code, 0) << done.err;
  std::istringstream table(slurp(out));
  std::string line;
  std::vector<std::string> rows;
  while (std::getline(table, line)) rows.push_back(line);
  ASSERT_EQ(rows.size(), size_t(kFrames) + 1) << slurp(out);
  std::vector<std::string> head;
  for (std::istringstream cells(rows[0]); std::getline(cells, line, ',');) head.push_back(line);
  const auto column = [&](const std::string &row, const std::string &name) {
    std::istringstream cells(row);
    std::string cell;
    for (size_t i = 0; std::getline(cells, cell, ','); ++i)
      if (head[i] == name) return std::strtod(cell.c_str(), nullptr);
    ADD_FAILURE() << "no column " << name << " in " << rows[0];
    return std::nan("");
  };
  for (const char *format : {"RGB", "BGR", "BGRx", "RGBA"}) {
    Pipeline pipeline(settings(), format);
    ASSERT_TRUE(pipeline.started()) << pipeline.said();
    for (int i = 0; i < kFrames; ++i) {
      const Found f = pipeline.step(frames_[size_t(i)]);
      ASSERT_TRUE(f.known) << format << ", frame " << i << ": " << pipeline.said();
      const std::string &row = rows[size_t(i) + 1];
      EXPECT_NEAR(f.x, column(row, "x"), 0.006) << format << ", frame " << i;
      EXPECT_NEAR(f.y, column(row, "y"), 0.006) << format << ", frame " << i;
      EXPECT_NEAR(f.width, column(row, "width"), 0.006) << format << ", frame " << i;
      EXPECT_NEAR(f.height, column(row, "height"), 0.006) << format << ", frame " << i;
      EXPECT_NEAR(f.left, f.x, 1) << format;
      EXPECT_NEAR(f.rows, f.height, 1) << format;
      EXPECT_EQ(f.pixels.size(), size_t(kWidth * kHeight) * (std::string(format).size() == 3 ? 3 : 4));
    }
  }
}

TEST_F(Element, GreyFramesAreFollowedToo) {
  Pipeline pipeline(settings(), "GRAY8");
  Found last;
  for (const Frame &frame : frames_) last = pipeline.step(frame);
  ASSERT_TRUE(last.known) << pipeline.said();
  EXPECT_EQ(last.pixels.size(), size_t(kWidth * kHeight));
}

TEST_F(Element, ABoxMayComeLaterAndAgainAndEnd) {
  Pipeline pipeline(settings(false));
  EXPECT_FALSE(pipeline.step(frames_[0]).known);
  pipeline.send_box(&box_, FALSE);
  Found f = pipeline.step(frames_[0]);
  ASSERT_TRUE(f.known) << pipeline.said();
  EXPECT_EQ(f.x, box_.x);
  EXPECT_TRUE(pipeline.step(frames_[1]).known);
  const dslt_box other = {5, 6, 30, 24};
  pipeline.send_box(&other, TRUE);
  f = pipeline.step(frames_[2]);
  EXPECT_EQ(f.x, other.x);
  EXPECT_EQ(f.height, other.height);
  g_object_set(pipeline.track(), "box", text_of(box_).c_str(), nullptr);
  f = pipeline.step(frames_[0]);
  EXPECT_NEAR(f.y, box_.y, 1e-9);
  gchar *current = nullptr;
  gdouble score = 0;
  g_object_get(pipeline.track(), "current-box", &current, "score", &score, nullptr);
  EXPECT_EQ(std::string(current), text_of(box_));
  EXPECT_EQ(score, 1);
  g_free(current);
  pipeline.send_box(nullptr, FALSE);
  EXPECT_FALSE(pipeline.step(frames_[3]).known);
  EXPECT_FALSE(pipeline.step(frames_[4]).known);
  EXPECT_EQ(pipeline.said(), "begun@1 begun@3 begun@4 ended@5 ");
}

TEST_F(Element, TheBusTellsOfLossAndReturn) {
  const Frame empty(size_t(kWidth * kHeight * 3), char(128));
  Pipeline pipeline(
      "preset=dslt weights=" + weights() +
      " options=\"backend=cpu threads=1 init_steps=40 lost_grace=0 lost_ratio=0.5 update_interval=0\" box=" +
      text_of(box_));
  const Frame &full = frames_[0];
  for (const Frame *frame : {&full, &full, &empty, &empty, &full, &full}) pipeline.step(*frame);
  EXPECT_EQ(pipeline.said(), "begun@0 lost@2 found@4 ");
}

TEST_F(Element, TheOverlayIsDrawnAtTheBox) {
  Pipeline plain(settings()), drawn(settings() + " overlay=true");
  const Found without = plain.step(frames_[0]), with = drawn.step(frames_[0]);
  EXPECT_EQ(without.pixels, frames_[0]);
  const auto pixel = [&](int x, int y) { return with.pixels.substr(size_t(y * kWidth + x) * 3, 3); };
  const int x = int(std::floor(with.x + 0.5)), y = int(std::floor(with.y + 0.5));
  const std::string green("\0\xff\0", 3);
  EXPECT_EQ(pixel(x, y), green);
  EXPECT_EQ(pixel(x + 1, y + int(with.height) / 2), green);
  EXPECT_EQ(pixel(x + int(with.width) / 2, y + int(with.height) - 1), green);
  const int inside = (y + 5) * kWidth + x + 5;
  EXPECT_EQ(with.pixels.substr(size_t(inside) * 3, 3), frames_[0].substr(size_t(inside) * 3, 3));
  EXPECT_EQ(drawn.step(frames_[1]).x, plain.step(frames_[1]).x);  // what is drawn is not seen
}

TEST_F(Element, WhatIsWrongIsSaid) {
  for (const char *box : {"nonsense", "1,2,3", "900,900,20,20"}) {
    Pipeline pipeline(settings(false) + " box=" + box);
    EXPECT_FALSE(pipeline.step(frames_[0]).known) << box;
    EXPECT_FALSE(pipeline.step(frames_[1]).known) << box; /* the video goes on */
    const std::string said = pipeline.said();
    EXPECT_EQ(said.rfind("warning: ", 0), 0u) << said;
    EXPECT_NE(said.find("box"), std::string::npos) << said;
  }
  for (const char *bad : {"preset=none", "options=nonsense=1", "weights=/none.safetensors"}) {
    Pipeline pipeline(bad);
    const std::string said = pipeline.said();
    EXPECT_FALSE(pipeline.started()) << bad;
    EXPECT_EQ(said.rfind("error: ", 0), 0u) << said;
  }
}

TEST_F(Element, RunsUnderGstLaunch) {
  if (system("command -v gst-launch-1.0 >/dev/null 2>&1") != 0) GTEST_SKIP() << "no gst-launch-1.0";
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << skip::kSanitizer;
#endif
  Frame video;
  for (const Frame &frame : frames_) video += frame;
  spill(path("video.rgb"), video);
  const std::string command = "gst-launch-1.0 -m filesrc location=" + path("video.rgb") +
                              " ! rawvideoparse format=rgb width=120 height=96 framerate=25/1 ! dslttrack " +
                              settings() + " overlay=true ! filesink location=" + path("out.rgb") + " > " +
                              path("log") + " 2>&1";
  ASSERT_EQ(system(command.c_str()), 0) << slurp(path("log"));
  EXPECT_NE(slurp(path("log")).find("dslt-track"), std::string::npos) << slurp(path("log"));
  const std::string out = slurp(path("out.rgb"));
  EXPECT_EQ(out.size(), video.size());
  EXPECT_NE(out, video);
}

}  // namespace
