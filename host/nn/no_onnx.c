/* SPDX-License-Identifier: Apache-2.0 */
/* no_onnx.c: the error of a build without the ONNX library. */
#include "base/error.h"
#include "onnx.h"

int dslt_onnx_read(dslt_onnx_model *out, const void *data, size_t size) {
  (void)data;
  (void)size;
  *out = (dslt_onnx_model){0};
  return dslt_fail(DSLT_EUNSUPPORTED,
                   "This build reads no ONNX files. Install libonnx-dev and build again, or let such a build "
                   "convert the file: dslt weights convert model.onnx -o backbone.safetensors.");
}

void dslt_onnx_free(dslt_onnx_model *model) { *model = (dslt_onnx_model){0}; }
