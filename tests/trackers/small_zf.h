/* SPDX-License-Identifier: Apache-2.0 */
// small_zf.h: the layers of the compressed ZF network, or of ZF, narrow and random, as a weight file in memory.
#pragma once

#include "small_cfnet.h"

namespace small_zf {

inline std::string network_file(bool compressed, uint64_t seed = 1, double gain = 1.0) {
  small_cfnet::NetworkFile file;
  const std::string relu = "'activation':'relu',", pad1 = "'pad':[1,1,1,1]";
  const std::string first = compressed ? "'stride':[4,4],'pad':[3,3,3,3]" : "'stride':[2,2],'pad':[3,3,3,3]";
  const std::string norm = "'size':3,'within':1,'alpha':5e-5,'beta':0.75";
  const std::string pool = "'kernel':[3,3],'stride':[2,2],'pad':[1,1,1,1],'rounding':'up'";
  const int image = file.add("data", "input", {}, "'channels':3");
  int at = file.add_conv("conv1", image, 12, 3, 7, 0.004, seed, relu + first);
  at = file.add("norm1", "lrn", {at}, norm);
  if (!compressed) at = file.add("pool1", "max_pool", {at}, pool);
  at = file.add_conv("conv2", at, 16, 12, 5, 0.15, seed + 1, relu + "'stride':[2,2],'pad':[2,2,2,2]");
  at = file.add("norm2", "lrn", {at}, norm);
  if (!compressed) at = file.add("pool2", "max_pool", {at}, pool);
  file.add_conv("conv3", at, 16, 16, 3, 0.4 * gain, seed + 2, relu + pad1);
  file.add_tap("conv3");
  return file.bytes("128,128,128");
}

}  // namespace small_zf
