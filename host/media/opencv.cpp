/* SPDX-License-Identifier: Apache-2.0 */
// opencv.cpp: everything OpenCV does for dslt, behind extern "C". No exception leaves this file, and nothing
// is printed: OpenCV's logger and FFmpeg's are silenced for the process (the program owns both; libdslt uses
// neither).
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <iostream>
#include <memory>
#include <mutex>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/opencv_modules.hpp>
#include <opencv2/videoio.hpp>
#include <opencv2/videoio/registry.hpp>
#include <string>
#include <vector>
#ifdef HAVE_OPENCV_HIGHGUI
#include <opencv2/highgui.hpp>
#if CV_VERSION_MAJOR < 5
#include <opencv2/highgui/highgui_c.h>
#endif
#endif

extern "C" {
#include "base/error.h"
#include "media/decode.h"
#include "media/orient.h"
}

namespace {

void hush() {
  static std::once_flag once;
  std::call_once(once, [] {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::redirectError([](int, const char *, const char *, const char *, int, void *) { return 0; });
    std::cerr.setstate(std::ios_base::badbit);  // imdecode() writes there; the C of this program never does
    setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);  // AV_LOG_QUIET; read when OpenCV first touches FFmpeg
  });
}

// Run `work`, turning whatever is thrown into a code and a sentence that starts with `what`.
template <typename Work>
int guarded(int code, const char *what, Work work) {
  try {
    hush();
    return work();
  } catch (const std::bad_alloc &) {
    return dslt_fail(DSLT_EMEMORY, "%s: out of memory.", what);
  } catch (const cv::Exception &e) {
    return dslt_fail(e.code == cv::Error::StsNoMem ? DSLT_EMEMORY : code, "%s: OpenCV says: %s.", what,
                     e.err.c_str());
  } catch (const std::exception &e) {
    return dslt_fail(code, "%s: %s.", what, e.what());
  } catch (...) {
    return dslt_fail(DSLT_EINTERNAL, "%s: unknown trouble inside OpenCV.", what);
  }
}

cv::Mat wrap(const dslt_canvas *canvas) {
  return cv::Mat(canvas->height, canvas->width, CV_8UC3, canvas->pixels);
}

// Copy a decoded matrix into the frame's own buffer in the format nearest to it.
int copy_out(dslt_frame *out, const cv::Mat &mat) {
  cv::Mat from = mat;
  dslt_pixel_format format;
  switch (mat.type()) {
    case CV_8UC1: format = DSLT_GRAY8; break;
    case CV_8UC3: format = DSLT_BGR8; break;
    case CV_8UC4: format = DSLT_BGRA8; break;
    case CV_16UC1: format = DSLT_GRAY16; break;
    case CV_16UC3: format = DSLT_BGR16; break;
    case CV_8UC2:  // grey with alpha
    case CV_16UC2:
      cv::extractChannel(mat, from, 0);
      format = mat.depth() == CV_8U ? DSLT_GRAY8 : DSLT_GRAY16;
      break;
    case CV_16UC4:  // no format of ours carries 16-bit alpha, and alpha is ignored anyway
      cv::cvtColor(mat, from, cv::COLOR_BGRA2BGR);
      format = DSLT_BGR16;
      break;
    default:
      return dslt_fail(DSLT_EFRAME,
                       "The picture's pixels are %s; convert it to 8 or 16 bits, grey or colour.",
                       cv::typeToString(mat.type()).c_str());
  }
  DSLT_TRY(dslt_frame_reserve(out, from.cols, from.rows, format));
  for (int y = 0; y < from.rows; y++) std::memcpy(out->pixels + y * out->stride, from.ptr(y), out->stride);
  return DSLT_OK;
}

}  // namespace

// ---- pictures ---------------------------------------------------------------------------------------

int dslt_cv_decode(dslt_frame *out, const uint8_t *bytes, size_t size) {
  return guarded(DSLT_EFORMAT, "The picture cannot be decoded", [&] {
    const cv::Mat encoded(1, static_cast<int>(size), CV_8UC1, const_cast<uint8_t *>(bytes));
    // UNCHANGED: own depth and channels, and the EXIF orientation is ignored
    const cv::Mat mat = cv::imdecode(encoded, cv::IMREAD_UNCHANGED);
    if (mat.empty()) return dslt_fail(DSLT_EFORMAT, "The picture cannot be decoded; the file is damaged.");
    return copy_out(out, mat);
  });
}

int dslt_cv_encode(unsigned char **bytes, size_t *size, const dslt_canvas *canvas, const char *extension,
                   int quality) {
  return guarded(DSLT_EIO, "The picture cannot be encoded", [&] {
    std::vector<unsigned char> encoded;
    std::vector<int> settings;
    if (quality > 0) settings = {cv::IMWRITE_JPEG_QUALITY, quality};
    if (!cv::imencode(extension, wrap(canvas), encoded, settings) || encoded.empty()) {
      return dslt_fail(DSLT_EIO, "The picture cannot be encoded as %s.", extension);
    }
    auto *copy = static_cast<unsigned char *>(std::malloc(encoded.size()));
    if (!copy) throw std::bad_alloc();
    std::memcpy(copy, encoded.data(), encoded.size());
    *bytes = copy;
    *size = encoded.size();
    return static_cast<int>(DSLT_OK);
  });
}

void dslt_canvas_text(dslt_canvas *canvas, int x, int y, const char *text, double scale, dslt_color color) {
  guarded(DSLT_EINTERNAL, "Text cannot be drawn", [&] {
    int base = 0;
    const int thickness = scale > 0.8 ? 2 : 1;
    const cv::Size size = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, scale, thickness, &base);
    cv::Mat mat = wrap(canvas);
    cv::putText(mat, text, cv::Point(x, y + size.height), cv::FONT_HERSHEY_SIMPLEX, scale,
                cv::Scalar(color.b, color.g, color.r), thickness, cv::LINE_AA);
    return static_cast<int>(DSLT_OK);
  });
}

// ---- reading videos ---------------------------------------------------------------------------------

struct dslt_cv_video {
  cv::VideoCapture capture;
  cv::Mat frame;
  dslt_frame stored = {};  // before turning
  int orientation = 1;
  bool timed = false;  // a video; a camera is live
  std::string name;
  dslt_notes *notes = nullptr;
  int64_t passed = 0, about = -1;
  ~dslt_cv_video() { dslt_frame_free(&stored); }
};

namespace {

// A relative name with a colon in it would be taken for an address.
std::string as_file(const char *path) { return path[0] == '/' ? path : std::string("./") + path; }

int open_file(dslt_cv_video *video, const dslt_video_request *request) {
  const std::string name = request->address ? request->path : as_file(request->path);
  // FFmpeg only: other backends print, or take a name for a pattern
  if (cv::videoio_registry::hasBackend(cv::CAP_FFMPEG)) {
    video->capture.open(name, cv::CAP_FFMPEG);
  } else {
    video->capture.open(name, cv::CAP_ANY);
  }
  if (video->capture.isOpened()) {
    video->capture.set(cv::CAP_PROP_ORIENTATION_AUTO,
                       0);  // some versions of OpenCV rotate in the wrong direction
    return DSLT_OK;
  }
  if (request->address)
    return dslt_fail(DSLT_EIO, "%s cannot be opened: no answer, or no video that OpenCV can decode.",
                     request->path);
  return dslt_fail(DSLT_EFORMAT,
                   "%s is no video that OpenCV can decode; the file is damaged or of another type.",
                   request->path);
}

int open_camera(dslt_cv_video *video, int number) {
  char device[32];
  std::snprintf(device, sizeof device, "/dev/video%d", number);
  struct stat status;
  if (stat(device, &status) != 0) {
    return dslt_fail(DSLT_EIO, "Camera %d is not there: %s does not exist.", number, device);
  }
  video->capture.open(number, cv::CAP_V4L2);
  if (video->capture.isOpened()) return DSLT_OK;
  return dslt_fail(DSLT_EIO, "Camera %d (%s) cannot be opened; another program may be using it.", number,
                   device);
}

double within(double value, double least, double most, double otherwise) {
  return value >= least && value < most ? value : otherwise;
}

void find_facts(dslt_video_facts *facts, dslt_cv_video *video, const dslt_video_request *request) {
  const cv::VideoCapture &capture = video->capture;
  facts->fps = within(capture.get(cv::CAP_PROP_FPS), 1e-3, 1e5, 0);
  facts->about = static_cast<int64_t>(within(capture.get(cv::CAP_PROP_FRAME_COUNT), 1, 1e12, -1));
  facts->orientation = request && !request->address ? dslt_mp4_orientation(request->path) : 1;
  const int across = static_cast<int>(within(capture.get(cv::CAP_PROP_SAR_NUM), 1, 1e6, 1));
  const int down = static_cast<int>(within(capture.get(cv::CAP_PROP_SAR_DEN), 1, 1e6, 1));
  if (request && !request->as_stored && facts->orientation > 0) video->orientation = facts->orientation;
  const int swaps = dslt_orient_swaps(video->orientation);
  facts->aspect[swaps] = across;
  facts->aspect[!swaps] = down;
}

}  // namespace

int dslt_cv_video_open(dslt_cv_video **out, dslt_video_facts *facts, const dslt_video_request *request,
                       int camera) {
  const char *name = request ? request->path : "The camera";
  return guarded(DSLT_EFORMAT, name, [&] {
    std::unique_ptr<dslt_cv_video> video(new dslt_cv_video);
    DSLT_TRY(request ? open_file(video.get(), request) : open_camera(video.get(), camera));
    const double width = video->capture.get(cv::CAP_PROP_FRAME_WIDTH);
    const double height = video->capture.get(cv::CAP_PROP_FRAME_HEIGHT);
    if (width > 0 && height > 0) {
      const int rc = dslt_frame_check_size(static_cast<int64_t>(width), static_cast<int64_t>(height));
      if (rc < 0) return dslt_fail_prefix(rc, name);
    }
    find_facts(facts, video.get(), request);
    video->timed = request != nullptr;
    video->name = name;
    video->notes = request ? request->notes : nullptr;
    video->about = facts->about;
    *out = video.release();
    return static_cast<int>(DSLT_OK);
  });
}

namespace {

// The next frame. A failed read need not be the end: further reads are tried.
bool grab(dslt_cv_video *video) {
  constexpr int kAttempts = 100;
  if (video->capture.grab()) return true;
  if (!video->timed) return false;
  for (int failed = 1; failed < kAttempts; failed++) {
    if (!video->capture.grab()) continue;
    dslt_notes_add(
        video->notes, 1,
        "%s is damaged after frame %lld: %d reads failed; OpenCV does not report how many frames were lost.",
        video->name.c_str(), static_cast<long long>(video->passed) - 1, failed);
    return true;
  }
  if (video->passed < video->about - 4 - video->about / 20)
    dslt_notes_add(
        video->notes, 0,
        "%s ended after %lld frames; by its length about %lld were to be expected. OpenCV cannot tell "
        "whether it is cut off; a build with FFmpeg can.",
        video->name.c_str(), static_cast<long long>(video->passed), static_cast<long long>(video->about));
  return false;
}

}  // namespace

int dslt_cv_video_next(dslt_frame *out, dslt_cv_video *video) {
  return guarded(DSLT_EFORMAT, "The frame cannot be decoded", [&] {
    if (!grab(video)) return 0;
    video->passed++;
    if (!out) return 1;
    if (!video->capture.retrieve(video->frame) || video->frame.empty()) {
      return dslt_fail(DSLT_EFORMAT, "The frame cannot be decoded; the video is damaged.");
    }
    if (video->orientation == 1) {
      DSLT_TRY(copy_out(out, video->frame));
    } else {
      DSLT_TRY(copy_out(&video->stored, video->frame));
      DSLT_TRY(dslt_orient_frame(out, &video->stored, video->orientation));
    }
    const double ms = video->capture.get(cv::CAP_PROP_POS_MSEC);
    if (video->timed && ms >= 0) out->time = ms / 1e3;
    return 1;
  });
}

void dslt_cv_video_close(dslt_cv_video *video) { delete video; }

// ---- writing videos ---------------------------------------------------------------------------------

struct dslt_cv_writer {
  cv::VideoWriter writer;
  std::string path;
  int width = 0, height = 0;
  int64_t frames = 0;
};

namespace {

// cv::VideoWriter never says that a write failed; counting what can be read back does.
int count_back(const dslt_cv_writer *w) {
  struct stat status;
  int64_t frames = 0;
  if (stat(w->path.c_str(), &status) == 0 && status.st_size > 0) {
    cv::VideoCapture back(as_file(w->path.c_str()), cv::CAP_FFMPEG);
    if (back.isOpened()) frames = static_cast<int64_t>(back.get(cv::CAP_PROP_FRAME_COUNT));
  }
  if (frames > 0 && frames >= w->frames - 2) return DSLT_OK;
  return dslt_fail(DSLT_EIO, "It cannot be written: of %lld frames %lld arrived; is the disk full?",
                   static_cast<long long>(w->frames), static_cast<long long>(frames));
}

}  // namespace

int dslt_cv_writer_open(dslt_cv_writer **out, const char *path, const dslt_video_format *format) {
  return guarded(DSLT_EIO, "The video cannot be opened", [&] {
    std::unique_ptr<dslt_cv_writer> w(new dslt_cv_writer);
    w->path = path;
    w->width = format->width & ~1;  // 4:2:0 colour has no odd sides
    w->height = format->height & ~1;
    // H.264 plays in browsers; where this FFmpeg has no encoder for it, MPEG-4 does
    for (const char *code : {"avc1", "mp4v"}) {
      const int fourcc = cv::VideoWriter::fourcc(code[0], code[1], code[2], code[3]);
      if (!w->writer.open(as_file(path), cv::CAP_FFMPEG, fourcc, format->fps, cv::Size(w->width, w->height)))
        continue;
      *out = w.release();
      return static_cast<int>(DSLT_OK);
    }
    return dslt_fail(DSLT_EUNSUPPORTED, "OpenCV has no H.264 or MPEG-4 encoder for it here.");
  });
}

int dslt_cv_writer_write(dslt_cv_writer *writer, const dslt_canvas *canvas) {
  return guarded(DSLT_EIO, "The frame cannot be written", [&] {
    writer->writer.write(wrap(canvas)(cv::Rect(0, 0, writer->width, writer->height)));
    writer->frames++;
    return static_cast<int>(DSLT_OK);
  });
}

int dslt_cv_writer_close(dslt_cv_writer *writer) {
  if (!writer) return DSLT_OK;
  std::unique_ptr<dslt_cv_writer> w(writer);
  return guarded(DSLT_EIO, "The video cannot be finished", [&] {
    w->writer.release();
    return w->frames > 0 ? count_back(w.get()) : static_cast<int>(DSLT_OK);
  });
}

// ---- window -----------------------------------------------------------------------------------------

namespace {

#ifdef HAVE_OPENCV_HIGHGUI
// The toolkits behind highgui end the process when the display refuses them (gone, no permission, plugin
// missing), so a child process tries first and the parent checks its exit status.
bool display_answers() {
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    for (int fd : {STDOUT_FILENO, STDERR_FILENO}) close(fd);  // the toolkit's messages are not shown
    try {
#if CV_VERSION_MAJOR < 5
      cvInitSystem(0, nullptr);
#else
      cv::namedWindow("dslt", cv::WINDOW_NORMAL);
#endif
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  for (int i = 0; i < 500; i++) {  // 5 s: a forked child may hang on a lock of a thread it does not have
    int status = 0;
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (ended < 0 && errno != EINTR) return false;
    const timespec pause = {0, 10000000};
    nanosleep(&pause, nullptr);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return false;
}

int need_display() {
  const char *x11 = std::getenv("DISPLAY"), *wayland = std::getenv("WAYLAND_DISPLAY");
  if ((!x11 || !*x11) && (!wayland || !*wayland)) {
    return dslt_fail(
        DSLT_EDISPLAY,
        "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set. Leave the window away; give the "
        "box with --box.");
  }
  static std::mutex lock;
  static int answers = -1;  // asked once
  const std::lock_guard<std::mutex> guard(lock);
  if (answers < 0) answers = display_answers() ? 1 : 0;
  if (answers) return DSLT_OK;
  return dslt_fail(
      DSLT_EDISPLAY,
      "The display (%s) cannot be used. Leave out --show, or give the box with --box instead of --select.",
      x11 && *x11 ? x11 : wayland);
}
// Qt's highgui throws when asked about a window before there is one, so the open one is remembered.
std::string open_title;

void open_window(const char *title, const dslt_canvas *canvas) {
  if (open_title == title) return;
  open_title = title;
  cv::namedWindow(title, cv::WINDOW_NORMAL | cv::WINDOW_KEEPRATIO);
  const double shrink = std::min(1.0, 1600.0 / std::max(canvas->width, canvas->height));
  cv::resizeWindow(title, static_cast<int>(canvas->width * shrink),
                   static_cast<int>(canvas->height * shrink));
}

struct Drag {
  bool held = false;
  cv::Point2d from, to;
  cv::Rect2d box() const { return cv::Rect2d(from, to); }
};

void on_mouse(int event, int x, int y, int, void *data) {
  Drag *drag = static_cast<Drag *>(data);
  const cv::Point2d at(x, y);
  if (event == cv::EVENT_LBUTTONDOWN) {
    drag->from = drag->to = at;
    drag->held = true;
  } else if (drag->held) {
    drag->to = at;
    if (event == cv::EVENT_LBUTTONUP) drag->held = false;
  }
}

// cv::selectROI() would do, but it prints its instructions. Enter or space takes the box, Esc, c or q gives
// up.
cv::Rect2d drag_box(const char *title, const dslt_canvas *canvas) {
  Drag drag;
  cv::Mat shown;
  const cv::Mat picture = wrap(canvas);
  open_window(title, canvas);
  cv::imshow(title, picture);
  cv::setMouseCallback(title, on_mouse, &drag);
  cv::Rect2d result;
  for (;;) {
    picture.copyTo(shown);
    cv::putText(shown, "drag a box, Enter takes it, Esc gives up", cv::Point(8, 20), cv::FONT_HERSHEY_SIMPLEX,
                0.5, cv::Scalar(255, 255, 255), 1, cv::LINE_AA);
    if (drag.box().area() > 0) cv::rectangle(shown, drag.box(), cv::Scalar(80, 255, 80), 1);
    cv::imshow(title, shown);
    const int key = cv::waitKey(20) & 255;
    if (key == 13 || key == 10 || key == ' ') {
      result = drag.box() & cv::Rect2d(0, 0, canvas->width, canvas->height);
      break;
    }
    if (key == 27 || key == 'c' || key == 'q' || cv::getWindowProperty(title, cv::WND_PROP_VISIBLE) < 1)
      break;
  }
  cv::setMouseCallback(title, nullptr);
  open_title.clear();
  cv::destroyWindow(title);
  cv::waitKey(1);
  return result;
}
#else
int need_display() {
  return dslt_fail(DSLT_EUNSUPPORTED, "This OpenCV has no windows (highgui). Give the box with --box.");
}
#endif

}  // namespace

int dslt_window_show(const dslt_canvas *canvas, const char *title) {
  return guarded(DSLT_EDISPLAY, "The window cannot be shown", [&] {
    DSLT_TRY(need_display());
#ifdef HAVE_OPENCV_HIGHGUI
    open_window(title, canvas);
    cv::imshow(title, wrap(canvas));
    const int key = cv::waitKey(1) & 255;
    if (key == 'q' || key == 27) return 0;
    return cv::getWindowProperty(title, cv::WND_PROP_VISIBLE) < 1 ? 0 : 1;
#else
    (void)canvas, (void)title;
    return 0;
#endif
  });
}

void dslt_window_close(const char *title) {
#ifdef HAVE_OPENCV_HIGHGUI
  guarded(DSLT_EDISPLAY, "The window cannot be closed", [&] {
    DSLT_TRY(need_display());
    if (open_title == title) {
      open_title.clear();
      cv::destroyWindow(title);
      cv::waitKey(1);
    }
    return static_cast<int>(DSLT_OK);
  });
#else
  (void)title;
#endif
}

int dslt_window_select(dslt_box *out, const dslt_canvas *canvas, const char *title) {
  return guarded(DSLT_EDISPLAY, "The box cannot be drawn", [&] {
    DSLT_TRY(need_display());
#ifdef HAVE_OPENCV_HIGHGUI
    const cv::Rect2d drawn = drag_box(title, canvas);
    if (drawn.width < 1 || drawn.height < 1) {
      return dslt_fail(DSLT_EBOX, "No box was drawn. Drag it with the mouse and press Enter, or give --box.");
    }
    *out = dslt_box{drawn.x, drawn.y, drawn.width, drawn.height};
#else
    (void)out, (void)canvas, (void)title;
#endif
    return static_cast<int>(DSLT_OK);
  });
}

const char *dslt_cv_version(void) {
  static const std::string text = [] {
    hush();
    const bool ffmpeg = cv::videoio_registry::hasBackend(cv::CAP_FFMPEG);
    return "OpenCV " + std::string(CV_VERSION) + (ffmpeg ? " (FFMPEG)" : " (no FFMPEG)");
  }();
  return text.c_str();
}
