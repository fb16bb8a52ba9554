/* SPDX-License-Identifier: Apache-2.0 */
/* eval_vot.h: dslt eval --protocol vot. */
#ifndef DSLT_CLI_EVAL_VOT_H
#define DSLT_CLI_EVAL_VOT_H

#include "cli/eval_options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Score every source by VOT's supervised protocol and write what the request asks for. Returns the program's
 * exit code, its sentences printed. */
int dslt_eval_vot_run(const dslt_eval_request *request, dslt_dataset *set);

#ifdef __cplusplus
}
#endif

#endif
