/* SPDX-License-Identifier: Apache-2.0 */
#include "c_view.h"

#include "dslt/dslt.h"

size_t dslt_c_view_size(int index) {
  static const size_t sizes[] = {sizeof(dslt_box),    sizeof(dslt_image),        sizeof(dslt_option_info),
                                 sizeof(dslt_result), sizeof(dslt_backend_info), sizeof(dslt_response)};
  return sizes[index];
}
