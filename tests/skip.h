/* SPDX-License-Identifier: Apache-2.0 */
// skip.h: why a test is skipped. Only what this machine or build lacks is a reason; a failure never is. One
// wording for each reason, details behind a colon, so that a summary can count them by the text before it.
#pragma once

namespace skip {

constexpr char kShared[] = "../shared is absent: ";  // then the path
constexpr char kGpu[] = "no GPU: ";                  // then why
constexpr char kBfloat16[] = "no bfloat16 on this processor";
constexpr char kOnnx[] = "built without the ONNX library";
constexpr char kWithOnnx[] = "built with the ONNX library";
constexpr char kOpenCv[] = "built without OpenCV";
constexpr char kWithOpenCv[] = "built with OpenCV";
constexpr char kFfmpeg[] = "built without FFmpeg";
constexpr char kVideo[] = "built without FFmpeg and OpenCV";
constexpr char kWithVideo[] = "built with FFmpeg or OpenCV";
constexpr char kCivetweb[] = "built without civetweb";
constexpr char kWithCivetweb[] = "built with civetweb";
constexpr char kFfmpegProgram[] = "no ffmpeg and ffprobe";
constexpr char kOneDnn[] = "built without oneDNN";
constexpr char kVlfeat[] = "built without VLFeat";
constexpr char kLapack[] = "built without LAPACK";
constexpr char kSha256[] = "built without SHA-256";
constexpr char kWithSha256[] = "built with SHA-256";
constexpr char kSanitizer[] = "built with a sanitizer";
constexpr char kPython[] = "no Python";
constexpr char kNumpy[] = "no Python with numpy";
constexpr char kScipy[] = "no Python with SciPy";
constexpr char kMatplotlib[] = "no Python with matplotlib";
constexpr char kReportPackages[] = "no Python with matplotlib, PIL, jinja2";
constexpr char kCommaLocale[] = "no locale with a decimal comma";
constexpr char kDevFull[] = "no /dev/full";
constexpr char kWithGpu[] = "has a GPU: ";  // then which
constexpr char kCompiler[] = "no compiler";
constexpr char kXvfb[] = "no Xvfb";
constexpr char kCamera[] = "has a camera 97";
constexpr char kDisplay[] = "has a display";
constexpr char kTerminal[] = "no pseudo-terminal";
constexpr char kNamespace[] = "no mount namespaces";
constexpr char kChildren[] = "no lists of child processes in /proc";
constexpr char kShareFolder[] = "no share/dslt/bench beside the program";
constexpr char kVotToolkit[] = "no vot-toolkit";
constexpr char kOneOrder[] = "large, in one order only";
constexpr char kCudnn[] = "no cuDNN: ";                // then why
constexpr char kBackend[] = "not for this backend: ";  // then what it lacks

}  // namespace skip
