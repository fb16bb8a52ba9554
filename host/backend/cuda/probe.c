/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c: whether a GPU can be used, and if not, why. The runtime is linked statically and loads the driver
 * itself, so this code also runs without a driver. */
#include "probe.h"

#include <cuda_runtime_api.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"
#include "cuda.h"
#include "vendor.h"

#if !defined(DSLT_CUDA_ARCHITECTURES) || !defined(DSLT_CUDA_PTX)
#error \
    "the build says for which architectures the kernels are compiled, as machine code and as PTX: 75,80,..."
#endif

static const int machine[] = {DSLT_CUDA_ARCHITECTURES}, ptx[] = {DSLT_CUDA_PTX};
static const dslt_cuda_code compiled = {machine, ptx, sizeof machine / sizeof *machine,
                                        sizeof ptx / sizeof *ptx};

/* Tegra, whose machine code is its own. */
static int is_integrated(int architecture) {
  static const int tegra[] = {53, 62, 72, 87, 101, 110};
  for (size_t i = 0; i < sizeof tegra / sizeof *tegra; ++i)
    if (tegra[i] == architecture) return 1;
  return 0;
}

int dslt_cuda_fits(const dslt_cuda_code *code, int major, int minor, int integrated) {
  const int device = 10 * major + minor;
  for (int i = 0; i < code->machines; ++i) {
    const int one = code->machine[i];
    if (one == device) return 1;
    /* a graphics card runs code of the same major version and an earlier minor one */
    if (!integrated && !is_integrated(one) && one / 10 == major && one < device) return 1;
  }
  for (int i = 0; i < code->ptxs; ++i) /* PTX runs on everything later */
    if (code->ptx[i] <= device) return 1;
  return 0;
}

static void read_devices(dslt_cuda_facts *out) {
  out->state = DSLT_CUDA_OLD_DEVICE;
  for (int i = 0; i < out->devices; ++i) {
    struct cudaDeviceProp properties;
    cudaError_t error = cudaGetDeviceProperties(&properties, i);
    if (error != cudaSuccess) {
      if (out->name[0]) continue;
      out->state = DSLT_CUDA_DRIVER_TROUBLE;
      out->trouble = cudaGetErrorString(error);
      continue;
    }
    int fits = dslt_cuda_fits(&compiled, properties.major, properties.minor, properties.integrated);
    if (!fits && out->name[0]) continue;
    out->index = i;
    snprintf(out->name, sizeof out->name, "%s", properties.name);
    out->memory = properties.totalGlobalMem;
    out->major = properties.major;
    out->minor = properties.minor;
    out->state = fits ? DSLT_CUDA_READY : DSLT_CUDA_OLD_DEVICE;
    if (fits) return;
  }
}

static void read_libraries(dslt_cuda_facts *out) {
  const char *trouble;
  out->cublas = dslt_cublas_version();
  out->cudnn = dslt_cudnn_version();
  if (dslt_cublas_load(&trouble)) return;
  out->state = DSLT_CUDA_NO_CUBLAS;
  out->trouble = trouble;
}

void dslt_cuda_facts_read(dslt_cuda_facts *out) {
  memset(out, 0, sizeof *out);
  if (cudaRuntimeGetVersion(&out->runtime) != cudaSuccess) out->runtime = CUDART_VERSION;
  if (cudaDriverGetVersion(&out->driver) != cudaSuccess) out->driver = 0;
  cudaError_t error = cudaGetDeviceCount(&out->devices);
  if (error != cudaSuccess) {
    out->devices = 0;
    (void)cudaGetLastError(); /* clear the error of this query, so that no later launch reports it */
  }
  if (error == cudaErrorInsufficientDriver) {
    out->state = out->driver == 0 ? DSLT_CUDA_NO_DRIVER : DSLT_CUDA_OLD_DRIVER;
  } else if (error == cudaErrorNoDevice || (error == cudaSuccess && out->devices == 0)) {
    out->state = DSLT_CUDA_NO_DEVICE;
  } else if (error != cudaSuccess) {
    out->state = DSLT_CUDA_DRIVER_TROUBLE;
    out->trouble = cudaGetErrorString(error);
  } else {
    read_devices(out);
  }
  if (out->state == DSLT_CUDA_READY) read_libraries(out);
}

typedef struct version_text {
  char text[8];
} version_text;

/* "13.0" for CUDA's 13000. */
static version_text version_of(int number) {
  version_text v;
  snprintf(v.text, sizeof v.text, "%u.%u", (unsigned)number / 1000 % 1000, (unsigned)number / 10 % 100);
  return v;
}

/* Why no GPU can be used, "" if one can. */
static void write_obstacle(char *out, size_t size, const dslt_cuda_facts *f) {
  switch (f->state) {
    case DSLT_CUDA_READY: snprintf(out, size, "%s", ""); break;
    case DSLT_CUDA_NO_DRIVER: snprintf(out, size, "no NVIDIA driver is installed"); break;
    case DSLT_CUDA_OLD_DRIVER:
      snprintf(out, size, "driver for CUDA %s, %s is needed", version_of(f->driver).text,
               version_of(f->runtime).text);
      break;
    case DSLT_CUDA_NO_DEVICE: snprintf(out, size, "the driver finds no CUDA device"); break;
    case DSLT_CUDA_OLD_DEVICE:
      snprintf(out, size, "no kernels for compute capability %d.%d", f->major, f->minor);
      break;
    case DSLT_CUDA_NO_CUBLAS:
      snprintf(out, size, "cuBLAS cannot be opened (%s)", f->trouble ? f->trouble : "no reason given");
      break;
    case DSLT_CUDA_DRIVER_TROUBLE:
    default: snprintf(out, size, "%s", f->trouble ? f->trouble : "the driver failed"); break;
  }
}

/* "cuBLAS 13.0" for 130000; "no cuDNN" for 0. */
static void append_library(char *out, size_t size, const char *name, int version) {
  size_t at = strlen(out);
  if (version > 0)
    snprintf(out + at, size - at, ", %s %d.%d", name, version / 10000, version / 100 % 100);
  else
    snprintf(out + at, size - at, ", no %s", name);
}

void dslt_cuda_describe(dslt_backend_info *out, const dslt_cuda_facts *f) {
  memset(out, 0, sizeof *out);
  out->name = "cuda";
  out->compiled = 1;
  out->available = f->state == DSLT_CUDA_READY;
  out->bf16 = out->available && f->major >= 8;
  char device[100] = "";
  if (f->name[0])
    snprintf(device, sizeof device, "%.50s, %.0f GiB, compute capability %d.%d", f->name,
             (double)f->memory / (1024.0 * 1024.0 * 1024.0), f->major, f->minor);
  if (out->available)
    snprintf(out->device, sizeof out->device, "%s", device);
  else
    write_obstacle(out->device, sizeof out->device, f);

  char driver[24] = "no driver";
  if (f->driver > 0) snprintf(driver, sizeof driver, "driver for %s", version_of(f->driver).text);
  snprintf(out->library, sizeof out->library, "CUDA runtime %s, %s", version_of(f->runtime).text, driver);
  if (!f->name[0]) return;
  if (out->available || f->state == DSLT_CUDA_NO_CUBLAS) {
    append_library(out->library, sizeof out->library, "cuBLAS", f->cublas);
    append_library(out->library, sizeof out->library, "cuDNN", f->cudnn);
  }
  if (out->available) return;
  size_t at = strlen(out->library);
  snprintf(out->library + at, sizeof out->library - at, "; %s", device);
}

void dslt_cuda_query(dslt_backend_info *out) {
  dslt_cuda_facts facts;
  dslt_cuda_facts_read(&facts);
  dslt_cuda_describe(out, &facts);
}
