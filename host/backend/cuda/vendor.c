/* SPDX-License-Identifier: Apache-2.0 */
/* vendor.c: loads cuBLAS and cuDNN from where the build found them, else by the system's loader. */
#include "vendor.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define CUBLAS_NAME "libcublas.so." TEXT(CUBLAS_VER_MAJOR)
#ifndef DSLT_CUBLAS_FILE
#define DSLT_CUBLAS_FILE "" /* full path found by the build */
#endif
#ifndef DSLT_CUDNN_FILE
#define DSLT_CUDNN_FILE ""
#endif

typedef struct library {
  void *handle;
  char trouble[256]; /* the loader's error text */
} library;

/* Tries the file named by environment variable `variable`, then the path found by the build, then the plain
 * name. */
static void open_library(library *out, const char *variable, const char *seen, const char *name) {
  const char *chosen = getenv(variable);
  const char *files[] = {chosen && chosen[0] ? chosen : seen, chosen && chosen[0] ? NULL : name};
  for (int i = 0; i < 2 && !out->handle; ++i) {
    if (!files[i] || !files[i][0]) continue;
    out->handle = dlopen(files[i], RTLD_NOW | RTLD_LOCAL);
    if (out->handle) break;
    const char *words = dlerror();
    snprintf(out->trouble, sizeof out->trouble, "%s", words ? words : "it cannot be opened");
  }
}

/* Look up a function of the library; the first one that is missing is reported, and the library is not
 * used. */
static void find(void *out, library *from, const char *name) {
  void *symbol = from->handle ? dlsym(from->handle, name) : NULL;
  if (from->handle && !symbol) {
    snprintf(from->trouble, sizeof from->trouble, "it has no %s", name);
    dlclose(from->handle);
    from->handle = NULL;
  }
  memcpy(out, &symbol, sizeof symbol); /* ISO C has no cast from data to function */
}

/* ---- cuBLAS -------------------------------------------------------------------------------------- */

static library blas_library;
static dslt_cublas_api blas_api;
static pthread_once_t blas_once = PTHREAD_ONCE_INIT;

static void load_blas(void) {
  open_library(&blas_library, "DSLT_CUBLAS_LIBRARY", DSLT_CUBLAS_FILE, CUBLAS_NAME);
#define XX(field, name) find(&blas_api.field, &blas_library, #name);
  DSLT_CUBLAS_MAP(XX)
#undef XX
}

const dslt_cublas_api *dslt_cublas_load(const char **trouble) {
  pthread_once(&blas_once, load_blas);
  *trouble = blas_library.trouble;
  return blas_library.handle ? &blas_api : NULL;
}

int dslt_cublas_version(void) {
  const char *trouble;
  return dslt_cublas_load(&trouble) ? CUBLAS_VER_MAJOR * 10000 + CUBLAS_VER_MINOR * 100 + CUBLAS_VER_PATCH
                                    : 0;
}

/* ---- cuDNN --------------------------------------------------------------------------------------- */

#if DSLT_CUDNN
static library dnn_library;
static dslt_cudnn_api dnn_api;
static pthread_once_t dnn_once = PTHREAD_ONCE_INIT;

static void load_dnn(void) {
  open_library(&dnn_library, "DSLT_CUDNN_LIBRARY", DSLT_CUDNN_FILE, "libcudnn.so." TEXT(CUDNN_MAJOR));
#define XX(field, name) find(&dnn_api.field, &dnn_library, #name);
  DSLT_CUDNN_MAP(XX)
#undef XX
}

const dslt_cudnn_api *dslt_cudnn_load(const char **trouble) {
  pthread_once(&dnn_once, load_dnn);
  *trouble = dnn_library.trouble;
  return dnn_library.handle ? &dnn_api : NULL;
}

int dslt_cudnn_version(void) {
  const char *trouble;
  const dslt_cudnn_api *api = dslt_cudnn_load(&trouble);
  return api ? (int)api->version() : 0;
}
#else
int dslt_cudnn_version(void) { return 0; }
#endif
