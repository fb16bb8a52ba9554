/* SPDX-License-Identifier: Apache-2.0 */
// order.h: in which order the harness lets blocks, and the threads of a block, take their turns.
#pragma once

namespace harness {

// Shuffled blocks run several at a time, taking turns; concurrent ones at once, in whatever order comes.
enum class Order { forward, reversed, shuffled, concurrent };
// From the next launch on.
void set_order(Order order);

}  // namespace harness
