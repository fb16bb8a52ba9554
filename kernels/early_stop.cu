/* SPDX-License-Identifier: Apache-2.0 */
/* early_stop.cu: whether first-frame training goes on, decided on the device. */
#include "launch.h"

static __global__ void early_stop_kernel(dslt_training *training, float *losses, const float *loss,
                                         dslt_stop_rule rule) {
  dslt_early_stop(training, losses, *loss, &rule);
}

extern "C" int DSLT_LAUNCHER(early_stop)(dslt_stream stream, dslt_training *training, float *losses,
                                         const float *loss, const dslt_stop_rule *rule) {
  if (!training || !losses || !loss || !rule)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel early_stop needs the training's state, losses, a loss and a rule.");
  return DSLT_LAUNCH(early_stop_kernel, 1, 1, stream, training, losses, loss, *rule);
}
