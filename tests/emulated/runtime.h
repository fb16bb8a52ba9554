/* SPDX-License-Identifier: Apache-2.0 */
// runtime.h: what the emulated GPU tells its tests.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace emulated {

struct Counts {
  long launches = 0;  // calls that reached a stream or a graph
  long graphs = 0;    // launched
  long nodes = 0;     // of those, bodies of conditional nodes included whether they run or not
  long blocks_run = 0, blocks_skipped = 0;
  long uploaded = 0;       // bytes, to the device
  long uploads_ahead = 0;  // of whole frames, asked for while another stream had work waiting
};
// Since the last call.
Counts take_counts();
// What this GPU's driver can do.
void allow(bool graphs, bool nodes);
// Larger pieces are refused.
void limit_memory(std::size_t bytes);
// Pageable memory is read when a copy is made instead of when it is asked for, as by GPUs that read the host's
// memory themselves.
void read_pageable_late(bool late);
// Streams are served at every call that reaches one, in an order drawn from `seed`, as far as their events allow; 0: not before
// somebody waits, and then no more than that one waits for.
void serve_at_random(unsigned seed);
// What cudaEventElapsedTime will answer in turn, after that 1 ms; returns how many of the last list were not asked for.
std::size_t elapsed(const std::vector<float> &ms);
// Work that waits is thrown away instead of done, for tests that only count it.
void idle(bool yes);
// A node of a graph: what it does, in which conditional node (counted from 1; 0: in none), and the stage it belongs to, if
// any.
constexpr int kNoStage = -2;
struct Node {
  std::string name;
  int body;
  int stage;
};
// What has been recorded since the last stage's end belongs to this one.
void stage_ended(int stage);
// Those of the last graph that was launched, the bodies' behind the graph's own.
std::vector<Node> nodes();
int submit(void *stream, std::function<void()> work, const char *name = "kernel");

}  // namespace emulated
