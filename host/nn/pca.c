/* SPDX-License-Identifier: Apache-2.0 */
/* pca.c: mean and covariance in double, eigenvectors by LAPACK. */
#include "pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#ifdef DSLT_LAPACK

/* The `m` leading eigenpairs of a symmetric matrix; hidden lengths of the three letters last. */
extern void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a,
                    const int *lda, const double *vl, const double *vu, const int *il, const int *iu,
                    const double *abstol, int *m, double *w, double *z, const int *ldz, int *isuppz,
                    double *work, const int *lwork, int *iwork, const int *liwork, int *info,
                    size_t jobz_length, size_t range_length, size_t uplo_length);

enum { ROWS_AT_ONCE = 8 };

static void find_mean(double *mean, const float *x, size_t count, size_t channels) {
  memset(mean, 0, channels * sizeof *mean);
  for (size_t row = 0; row < count; ++row)
    for (size_t i = 0; i < channels; ++i) mean[i] += (double)x[row * channels + i];
  for (size_t i = 0; i < channels; ++i) mean[i] /= (double)count;
}

/* Add a few centred rows' products to the upper triangle of sums [channels][channels]. */
static void add_rows(double *sums, double (*rows)[ROWS_AT_ONCE], size_t channels) {
  for (size_t i = 0; i < channels; ++i)
    for (size_t j = i; j < channels; ++j) {
      double sum = 0.0;
      for (int k = 0; k < ROWS_AT_ONCE; ++k) sum += rows[i][k] * rows[j][k];
      sums[i * channels + j] += sum;
    }
}

/* The upper triangle of the covariance times `count`; rows: scratch. */
static void find_covariance(double *sums, double (*rows)[ROWS_AT_ONCE], const double *mean, const float *x,
                            size_t count, size_t channels) {
  memset(sums, 0, channels * channels * sizeof *sums);
  for (size_t first = 0; first < count; first += ROWS_AT_ONCE) {
    for (size_t k = 0; k < ROWS_AT_ONCE; ++k)
      for (size_t i = 0; i < channels; ++i)
        rows[i][k] = first + k < count ? (double)x[(first + k) * channels + i] - mean[i] : 0.0;
    add_rows(sums, rows, channels);
  }
}

/* Memory of a fit. */
typedef struct workspace {
  double *mean, *sums, (*rows)[ROWS_AT_ONCE];
  double *values, *vectors; /* eigenpairs, weakest first; vector k is [channels] at k * channels */
  double *work;
  int *support, *iwork;
  int work_count, iwork_count;
} workspace;

static void release(workspace *s) {
  free(s->mean);
  free(s->sums);
  free(s->rows);
  free(s->values);
  free(s->vectors);
  free(s->work);
  free(s->support);
  free(s->iwork);
}

static int reserve(workspace *s, int channels, int components) {
  const size_t n = (size_t)channels, m = (size_t)components;
  *s = (workspace){.work_count = 33 * channels, .iwork_count = 10 * channels};
  s->mean = malloc(n * sizeof *s->mean);
  s->sums = malloc(n * n * sizeof *s->sums);
  s->rows = malloc(n * sizeof *s->rows);
  s->values = malloc(n * sizeof *s->values);
  s->vectors = malloc(n * m * sizeof *s->vectors);
  s->work = malloc((size_t)s->work_count * sizeof *s->work);
  s->support = malloc(2 * n * sizeof *s->support);
  s->iwork = malloc((size_t)s->iwork_count * sizeof *s->iwork);
  if (s->mean && s->sums && s->rows && s->values && s->vectors && s->work && s->support && s->iwork)
    return DSLT_OK;
  return dslt_fail(DSLT_EMEMORY, "Out of memory for principal directions of %d channels.", channels);
}

static double trace_of(const double *sums, size_t channels) {
  double trace = 0.0;
  for (size_t i = 0; i < channels; ++i) trace += sums[i * channels + i];
  return trace;
}

/* Our upper triangle is the lower one in Fortran's order. */
static int solve(workspace *s, int channels, int components) {
  const int first = channels - components + 1;
  const double unused = 0.0;
  int found = 0, info = 0;
  dsyevr_("V", "I", "L", &channels, s->sums, &channels, &unused, &unused, &first, &channels, &unused, &found,
          s->values, s->vectors, &channels, s->support, s->work, &s->work_count, s->iwork, &s->iwork_count,
          &info, 1, 1, 1);
  if (info == 0 && found == components) return DSLT_OK;
  return dslt_fail(DSLT_EINTERNAL, "LAPACK found %d of %d principal directions (info %d).", found, components,
                   info);
}

/* 1 or -1, so that the vector's largest component, the first of equals, becomes positive. */
static double sign_of(const double *vector, size_t channels) {
  size_t largest = 0;
  for (size_t i = 1; i < channels; ++i)
    if (fabs(vector[i]) > fabs(vector[largest])) largest = i;
  return vector[largest] < 0.0 ? -1.0 : 1.0;
}

static double take(float *basis, float *shift, const workspace *s, size_t channels, size_t components) {
  double kept = 0.0;
  for (size_t k = 0; k < components; ++k) {
    const double *vector = s->vectors + (components - 1 - k) * channels;
    const double sign = sign_of(vector, channels);
    double along = 0.0;
    for (size_t i = 0; i < channels; ++i) {
      basis[i * components + k] = (float)(sign * vector[i]);
      along += s->mean[i] * (double)basis[i * components + k];
    }
    shift[k] = (float)along;
    kept += s->values[components - 1 - k];
  }
  return kept;
}

int dslt_pca_fit(float *basis, float *shift, double *kept, const float *x, size_t count, int channels,
                 int components) {
  const size_t n = (size_t)channels;
  workspace s;
  double trace;
  int rc;
  DSLT_TRY_OR_DONE(reserve(&s, channels, components));
  find_mean(s.mean, x, count, n);
  find_covariance(s.sums, s.rows, s.mean, x, count, n);
  trace = trace_of(s.sums, n);
  DSLT_TRY_OR_DONE(isfinite(trace) ? DSLT_OK
                                   : dslt_fail(DSLT_EARGUMENT,
                                               "Features are not finite, so they have no "
                                               "principal directions."));
  DSLT_TRY_OR_DONE(solve(&s, channels, components));
  *kept = take(basis, shift, &s, n, (size_t)components);
  *kept = trace > 0.0 ? *kept / trace : 1.0;
done:
  release(&s);
  return rc;
}

#else

int dslt_pca_fit(float *basis, float *shift, double *kept, const float *x, size_t count, int channels,
                 int components) {
  (void)basis, (void)shift, (void)kept, (void)x, (void)count, (void)components;
  return dslt_fail(
      DSLT_EUNSUPPORTED,
      "Reducing %d channels to their principal directions needs LAPACK, without which this dslt was "
      "built: apt-get install liblapack-dev and build again.",
      channels);
}

#endif
