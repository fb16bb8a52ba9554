/* SPDX-License-Identifier: Apache-2.0 */
/* frame.cpp: a dslt_image over the memory of an array. */
#include <climits>

#include "binding.h"

namespace {

struct Layout {
  int channels, bytes; /* bytes of one channel */
};

Layout layout_of(int format) {
  switch (format) {
    case DSLT_GRAY8: return {1, 1};
    case DSLT_BGR8:
    case DSLT_RGB8: return {3, 1};
    case DSLT_BGRA8:
    case DSLT_RGBA8: return {4, 1};
    case DSLT_GRAY16: return {1, 2};
    case DSLT_BGR16: return {3, 2};
    default: return {0, 0};
  }
}

/* "B" or "H" in native byte order; "=H" and "@H" mean the same. */
bool is_unsigned(const char *format, int bytes) {
  if (!format) return bytes == 1;
  if (*format == '=' || *format == '@') ++format;
  return format[0] == (bytes == 1 ? 'B' : 'H') && format[1] == 0;
}

/* Whether rows from top to bottom hold whole pixels one after another. The stride of an axis of length 1 has no
 * meaning. */
bool in_place(const Py_buffer &v, const Layout &l) {
  if (v.ndim != 2 && v.ndim != 3) return false;
  const Py_ssize_t pixel = l.channels * l.bytes, height = v.shape[0], width = v.shape[1];
  if ((v.ndim == 3 ? v.shape[2] : 1) != l.channels || v.itemsize != l.bytes) return false;
  if (height < 1 || width < 1 || height > INT_MAX || width > INT_MAX) return false;
  if (v.ndim == 3 && l.channels > 1 && v.strides[2] != l.bytes) return false;
  if (width > 1 && v.strides[1] != pixel) return false;
  return height == 1 || v.strides[0] >= width * pixel;
}

}  // namespace

Frame::Frame(nb::handle array, int format) {
  const Layout layout = layout_of(format);
  if (!layout.channels) throw Failure{DSLT_EFRAME, "There is no such pixel format."};
  if (PyObject_GetBuffer(array.ptr(), &view_, PyBUF_RECORDS_RO) < 0) throw nb::python_error();
  if (!is_unsigned(view_.format, layout.bytes) || !in_place(view_, layout)) {
    PyBuffer_Release(&view_);
    throw Failure{DSLT_EFRAME, "The array's type, shape or strides do not fit the pixel format."};
  }
  const size_t row = static_cast<size_t>(view_.shape[1] * layout.channels * layout.bytes);
  image_.data = view_.buf;
  image_.width = static_cast<int>(view_.shape[1]);
  image_.height = static_cast<int>(view_.shape[0]);
  image_.stride = view_.shape[0] > 1 ? static_cast<size_t>(view_.strides[0]) : row;
  image_.format = static_cast<dslt_pixel_format>(format);
}

Frame::~Frame() { PyBuffer_Release(&view_); }
