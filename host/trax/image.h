/* SPDX-License-Identifier: Apache-2.0 */
/* image.h: frames as a TraX message holds them: a file's path, pixels, or an encoded picture. */
#ifndef DSLT_TRAX_IMAGE_H
#define DSLT_TRAX_IMAGE_H

#include "media/decode.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What dslt_trax_image_read() reads, as hello says it. */
#define DSLT_TRAX_IMAGES "path;memory;buffer;"

/* The frame that `text` names or holds:
 *   file:///a/b.jpg or /a/b.jpg           a picture file of any type that dslt track reads, not percent-encoded
 *   image:WIDTH;HEIGHT;FORMAT;BASE64      pixels, FORMAT rgb, gray8 or gray16 (native byte order)
 *   data:image/jpeg;base64,BASE64         a JPEG or PNG file; without "base64," as well
 * Pixels are taken as stored, without an EXIF orientation, because ground truth counts them so. `text` is changed.
 * The pixels of `out` lie in `frame` or in `text`. DSLT_EIO, DSLT_EFORMAT, DSLT_EFRAME; DSLT_EUNSUPPORTED: an address
 * such as http://..., or a picture that this build cannot decode. */
int dslt_trax_image_read(dslt_image *out, dslt_frame *frame, char *text);

/* Decode Base64 in its place: the number of bytes, or -1. Padding may be left out; nothing may follow it. */
long long dslt_base64_decode(char *text);

#ifdef __cplusplus
}
#endif

#endif
