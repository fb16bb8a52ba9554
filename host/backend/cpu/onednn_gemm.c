/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_gemm.c: planned matrix products by oneDNN. */
#include <omp.h>
#include <stdlib.h>

#include "base/error.h"
#include "onednn_step.h"

struct dslt_gemm {
  dslt_cpu *cpu;
  dslt_step step;
  size_t scratch_bytes;
  void *scratch; /* own scratch of a single-threaded product: others may run at the same time */
};

static int plan(dslt_gemm **out, dslt_cpu *cpu, dnnl_data_type_t type, int ta, int tb, int m, int n, int k) {
  dslt_gemm *gemm = calloc(1, sizeof *gemm);
  if (!gemm) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a matrix product.");
  gemm->cpu = cpu;
  const dnnl_dims_t a_dims = {m, k}, b_dims = {k, n}, c_dims = {m, n};
  dslt_md_owned a = NULL, b = NULL, c = NULL;
  dnnl_primitive_desc_t pd = NULL;
  int rc;
  if ((rc = dslt_md_make(&a, 2, a_dims, type, ta ? dnnl_ba : dnnl_ab)) < 0) goto done;
  if ((rc = dslt_md_make(&b, 2, b_dims, type, tb ? dnnl_ba : dnnl_ab)) < 0) goto done;
  if ((rc = dslt_md_make(&c, 2, c_dims, dnnl_f32, dnnl_ab)) < 0) goto done;
  if ((rc = dslt_pd_matmul(&pd, cpu->engine, a, b, c)) < 0) goto done;
  gemm->scratch_bytes = dslt_pd_scratch(pd);
  if ((rc = dslt_step_make(&gemm->step, cpu, pd)) < 0) goto done;
  if ((rc = dslt_step_arg(&gemm->step, cpu, DNNL_ARG_SRC, a, NULL)) < 0) goto done;
  if ((rc = dslt_step_arg(&gemm->step, cpu, DNNL_ARG_WEIGHTS, b, NULL)) < 0) goto done;
  rc = dslt_step_arg(&gemm->step, cpu, DNNL_ARG_DST, c, NULL);
done:
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(a);
  dslt_md_free(b);
  dslt_md_free(c);
  if (rc < 0)
    dslt_gemm_free(gemm);
  else
    *out = gemm;
  return rc;
}

int dslt_gemm_plan(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k) {
  return plan(out, cpu, dnnl_f32, ta, tb, m, n, k);
}

int dslt_gemm_plan_bf16(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k) {
  return plan(out, cpu, dnnl_bf16, ta, tb, m, n, k);
}

/* oneDNN divides the work when the product is planned, among the threads available at that time. */
int dslt_gemm_plan_alone(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k) {
  int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  int rc = plan(out, cpu, dnnl_f32, ta, tb, m, n, k);
  omp_set_num_threads(threads);
  if (rc < 0 || !(*out)->step.has_scratch) return rc;
  rc = dslt_cpu_new(&(*out)->scratch, (*out)->scratch_bytes, "a matrix product");
  if (rc < 0) {
    dslt_gemm_free(*out);
    *out = NULL;
  }
  return rc;
}

int dslt_gemm_run(dslt_gemm *gemm, float *c, const void *a, const void *b) {
  DSLT_TRY(dslt_step_set(&gemm->step, DNNL_ARG_SRC, a));
  DSLT_TRY(dslt_step_set(&gemm->step, DNNL_ARG_WEIGHTS, b));
  DSLT_TRY(dslt_step_set(&gemm->step, DNNL_ARG_DST, c));
  if (!gemm->scratch) return dslt_step_run(&gemm->step, gemm->cpu);
  DSLT_TRY(dslt_step_set(&gemm->step, DNNL_ARG_SCRATCHPAD, gemm->scratch));
  return dslt_onednn_check(dnnl_primitive_execute(gemm->step.primitive, gemm->cpu->engine->stream,
                                                  gemm->step.count, gemm->step.args),
                           "run a product");
}

void dslt_gemm_free(dslt_gemm *gemm) {
  if (!gemm) return;
  dslt_step_free(&gemm->step);
  free(gemm->scratch);
  free(gemm);
}
