/* SPDX-License-Identifier: Apache-2.0 */
/* cudnn_handle.c: opens and closes cuDNN for a backend. */
#include "cudnn_handle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#if DSLT_CUDNN

int dslt_cudnn_open(dslt_cudnn **out, dslt_cuda *cuda) {
  *out = NULL;
  const char *wanted = getenv("DSLT_CUDNN"), *trouble;
  if (wanted && strcmp(wanted, "0") == 0) return DSLT_OK;
  const dslt_cudnn_api *api = dslt_cudnn_load(&trouble);
  if (!api) return DSLT_OK;
  dslt_cudnn *dnn = calloc(1, sizeof *dnn);
  if (!dnn) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening cuDNN.");
  dnn->cuda = cuda;
  dnn->api = api;
  cudnnStatus_t status = api->create(&dnn->handle);
  if (status != CUDNN_STATUS_SUCCESS) { /* a missing part of it, for instance; the products need none */
    free(dnn);
    snprintf(cuda->base.note, sizeof cuda->base.note,
             "cuDNN cannot be used on %s: %s. Tracking on the GPU without it, slower; DSLT_CUDNN=0 in the "
             "environment silences this.",
             cuda->gpu, api->error_text(status));
    return DSLT_OK;
  }
  int driver = 0;
  (void)cudaDriverGetVersion(&driver);
  char versions[96];
  snprintf(versions, sizeof versions, "cudnn%d-cuda%d-driver%d", (int)api->version(), CUDART_VERSION, driver);
  dslt_plan_cache_open(&dnn->cache, cuda->gpu, versions);
  *out = dnn;
  return DSLT_OK;
}

int dslt_cudnn_open_described(dslt_cudnn **out, dslt_cuda *cuda, const char *json) {
  *out = NULL;
#ifdef DSLT_CUDNN_DESCRIPTIONS
  const char *trouble;
  const dslt_cudnn_api *api = dslt_cudnn_load(&trouble);
  if (!api || api->version() < 90800) return DSLT_OK;
  dslt_cudnn *dnn = calloc(1, sizeof *dnn);
  if (!dnn) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening cuDNN.");
  dnn->cuda = cuda;
  dnn->api = api;
  cudnnStatus_t status = api->descriptor_create(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &dnn->device);
  if (status == CUDNN_STATUS_SUCCESS)
    status = api->set(dnn->device, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                      (int64_t)strlen(json), json);
  if (status == CUDNN_STATUS_SUCCESS) status = api->finalize(dnn->device);
  if (status != CUDNN_STATUS_SUCCESS) {
    dslt_cudnn_close(dnn);
    return dslt_fail(DSLT_EDEVICE, "cuDNN does not take this description of a GPU: %s.",
                     api->error_text(status));
  }
  *out = dnn;
#else
  (void)cuda;
  (void)json;
#endif
  return DSLT_OK;
}

void dslt_cudnn_close(dslt_cudnn *dnn) {
  if (!dnn) return;
  if (dnn->device) (void)dnn->api->descriptor_destroy(dnn->device);
  if (dnn->handle) (void)dnn->api->destroy(dnn->handle);
  if (dnn->workspace.data) cudaFree(dnn->workspace.data);
  dslt_plan_cache_close(&dnn->cache);
  free(dnn);
}

int dslt_cudnn_use_stream(dslt_cudnn *dnn, cudaStream_t stream) {
  if (!dnn->handle) return DSLT_OK;
  cudnnStatus_t status = dnn->api->set_stream(dnn->handle, stream);
  if (status == CUDNN_STATUS_SUCCESS) return DSLT_OK;
  return dslt_fail(DSLT_EDEVICE, "cuDNN cannot use a stream: %s. Try --backend cpu.",
                   dnn->api->error_text(status));
}

#else /* built without cuDNN's headers */

int dslt_cudnn_open(dslt_cudnn **out, dslt_cuda *cuda) {
  (void)cuda;
  *out = NULL;
  return DSLT_OK;
}
int dslt_cudnn_open_described(dslt_cudnn **out, dslt_cuda *cuda, const char *json) {
  (void)json;
  return dslt_cudnn_open(out, cuda);
}
void dslt_cudnn_close(dslt_cudnn *dnn) { (void)dnn; }
int dslt_cudnn_use_stream(dslt_cudnn *dnn, cudaStream_t stream) {
  (void)dnn;
  (void)stream;
  return DSLT_OK;
}

#endif
