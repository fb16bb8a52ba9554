/* SPDX-License-Identifier: Apache-2.0 */
/* c_view.h: what a C compiler makes of dslt.h, for a C++ test to compare. */
#ifndef DSLT_TESTS_API_C_VIEW_H
#define DSLT_TESTS_API_C_VIEW_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Size of dslt_box, dslt_image, dslt_option_info, dslt_result, dslt_backend_info, dslt_response: index 0..5. */
size_t dslt_c_view_size(int index);

#ifdef __cplusplus
}
#endif

#endif
