/* SPDX-License-Identifier: Apache-2.0 */
/* judge.cu: whether first-frame training goes on, decided beside the loss. */
#include "flow.h"
#include "launch.h"

static __global__ void judge_kernel(dslt_training *training, float *losses, const float *loss,
                                    dslt_stop_rule rule) {
  dslt_judge(training, losses, *loss, &rule);
}

extern "C" int dslt_cuda_judge(dslt_stream stream, dslt_training *training, float *losses, const float *loss,
                               const dslt_stop_rule *rule) {
  if (!training || !losses || !loss || !rule)
    return dslt_fail(DSLT_EARGUMENT, "Kernel judge needs the training's state, losses, a loss and a rule.");
  return DSLT_LAUNCH(judge_kernel, 1, 1, stream, training, losses, loss, *rule);
}
