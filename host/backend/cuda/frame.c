/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: uploads frames through pinned memory on a stream of their own, without conversion. */
#include <string.h>

#include "base/error.h"
#include "cuda.h"

static int pixel_bytes(dslt_pixel_format format) {
  static const int bytes[] = {3, 3, 1, 4, 4, 2, 6};
  return bytes[format];
}

static void free_slot(dslt_cuda_slot *slot) {
  if (slot->uploaded) (void)cudaEventSynchronize(slot->uploaded); /* an upload may still read */
  if (slot->pinned) cudaFreeHost(slot->pinned);
  if (slot->pixels) cudaFree(slot->pixels);
  if (slot->pinned_view) cudaFreeHost(slot->pinned_view);
  if (slot->uploaded) cudaEventDestroy(slot->uploaded);
  memset(slot, 0, sizeof *slot);
}

void dslt_cuda_frames_free(dslt_cuda *cuda) {
  for (int i = 0; i < DSLT_CUDA_FRAMES; ++i) free_slot(&cuda->slot[i]);
}

static int make_slot(dslt_cuda_slot *slot, dslt_cuda *cuda, size_t bytes) {
  if (slot->bytes >= bytes) return DSLT_OK;
  free_slot(slot);
  void *view = NULL;
  DSLT_TRY(dslt_cuda_check(cudaHostAlloc(&slot->pinned, bytes, cudaHostAllocDefault),
                           "pinning memory for a frame"));
  DSLT_TRY(dslt_cuda_check(cudaHostAlloc(&view, sizeof *slot->pinned_view, cudaHostAllocDefault),
                           "pinning memory for a frame"));
  slot->pinned_view = view;
  DSLT_TRY(dslt_cuda_new(&slot->pixels, cuda, bytes, "a frame"));
  DSLT_TRY(
      dslt_cuda_check(cudaStreamSynchronize(cuda->stream), "clearing a frame")); /* before the other stream */
  DSLT_TRY(
      dslt_cuda_check(cudaEventCreateWithFlags(&slot->uploaded, cudaEventDisableTiming), "making an event"));
  slot->bytes = bytes;
  return DSLT_OK;
}

/* ---- parts of a frame ---------------------------------------------------------------------------- */

static dslt_frame_area part_of(const dslt_image *image, const dslt_frame_area *reads) {
  return reads ? *reads : (dslt_frame_area){0, 0, image->width, image->height};
}

static int covers(const dslt_frame_area *all, const dslt_frame_area *part) {
  return part->x >= all->x && part->y >= all->y && part->x + part->width <= all->x + all->width &&
         part->y + part->height <= all->y + all->height;
}

/* ---- uploads ------------------------------------------------------------------------------------- */

/* Copy a part of the frame, packed, to the slot's pinned memory and start its upload. */
static int upload_frame(dslt_cuda_slot *slot, dslt_cuda *cuda, const dslt_image *image,
                        const dslt_frame_area *reads) {
  const size_t pixel = (size_t)pixel_bytes(image->format);
  const dslt_frame_area area = part_of(image, reads);
  const size_t row = pixel * (size_t)area.width, bytes = row * (size_t)area.height;
  DSLT_TRY(make_slot(slot, cuda, pixel * (size_t)image->width * (size_t)image->height));
  slot->area = area;
  if (bytes == 0) return DSLT_OK;
  DSLT_TRY(dslt_cuda_check(cudaEventSynchronize(slot->uploaded), "waiting for an earlier frame"));
  const char *from = (const char *)image->data + image->stride * (size_t)area.y + pixel * (size_t)area.x;
  if (image->stride == row)
    memcpy(slot->pinned, from, bytes);
  else
    for (int y = 0; y < area.height; ++y)
      memcpy((char *)slot->pinned + row * (size_t)y, from + image->stride * (size_t)y, row);
  DSLT_TRY(dslt_cuda_check(
      cudaMemcpyAsync(slot->pixels, slot->pinned, bytes, cudaMemcpyHostToDevice, cuda->upload),
      "uploading a frame"));
  return dslt_cuda_check(cudaEventRecord(slot->uploaded, cuda->upload), "uploading a frame");
}

/* The slot that does not hold the current frame; all work on its frame has finished. */
static dslt_cuda_slot *other_slot(dslt_cuda *cuda) {
  return &cuda->slot[(cuda->slot_now + 1) % DSLT_CUDA_FRAMES];
}

int dslt_cuda_prefetch(dslt_backend *backend, const dslt_image *image, const dslt_frame_area *reads) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  dslt_cuda_slot *slot = other_slot(cuda);
  slot->ahead.data = NULL;
  if (!image) return DSLT_OK;
  DSLT_TRY(upload_frame(slot, cuda, image, reads));
  slot->ahead = *image;
  return DSLT_OK;
}

static int was_prefetched(const dslt_cuda_slot *slot, const dslt_image *image, const dslt_frame_area *area) {
  const dslt_image *a = &slot->ahead;
  return a->data && a->data == image->data && a->width == image->width && a->height == image->height &&
         a->stride == image->stride && a->format == image->format && covers(&slot->area, area);
}

/* The frame as kernels see it: the part that was uploaded lies where it would in the whole frame. */
static int view_frame(dslt_cuda_slot *slot, const dslt_image *image) {
  const size_t pixel = (size_t)pixel_bytes(image->format);
  dslt_frame_view *view = slot->pinned_view;
  DSLT_TRY(dslt_kernel_frame_view(view, slot->pixels, pixel * (size_t)image->width, image->width,
                                  image->height, image->format));
  view->stride = pixel * (size_t)slot->area.width;
  view->data = (const uint8_t *)((uintptr_t)slot->pixels - view->stride * (size_t)slot->area.y -
                                 pixel * (size_t)slot->area.x);
  return DSLT_OK;
}

int dslt_cuda_frame(dslt_backend *backend, const dslt_image *image, const dslt_frame_area *reads) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  dslt_cuda_slot *slot = other_slot(cuda);
  const dslt_frame_area area = part_of(image, reads);
  if (!was_prefetched(slot, image, &area)) DSLT_TRY(upload_frame(slot, cuda, image, &area));
  slot->ahead.data = NULL; /* the copy is used once: the caller may reuse the pixels' memory */
  cuda->slot_now = (cuda->slot_now + 1) % DSLT_CUDA_FRAMES;
  DSLT_TRY(view_frame(slot, image));
  DSLT_TRY(dslt_cuda_check(cudaStreamWaitEvent(cuda->stream, slot->uploaded, 0), "waiting for a frame"));
  return dslt_cuda_check(cudaMemcpyAsync(cuda->view, slot->pinned_view, sizeof *cuda->view,
                                         cudaMemcpyHostToDevice, cuda->stream),
                         "uploading a frame's layout");
}
