/* SPDX-License-Identifier: Apache-2.0 */
/* precision.h: the arithmetic of a backbone. */
#ifndef DSLT_BACKEND_PRECISION_H
#define DSLT_BACKEND_PRECISION_H

typedef enum dslt_precision {
  DSLT_PRECISION_F32 = 0, /* float32 everywhere */
  DSLT_PRECISION_BF16 =
      1, /* bfloat16 backbone with float32 sums; head and training stay float32, but on a GPU
          * the reductions' products take TF32 */
  DSLT_PRECISION_TF32 = 2, /* TF32 products in backbone and reductions on a GPU; float32 on a CPU */
  DSLT_PRECISION_AUTO = 3  /* bfloat16 where the device has it natively, else float32 */
} dslt_precision;

#endif
