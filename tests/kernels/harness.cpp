/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "dslt/dslt.h"

#include "base/error.h"

#if defined(__SANITIZE_ADDRESS__)
#define HARNESS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HARNESS_ASAN 1
#endif
#endif
#ifdef HARNESS_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
// With ThreadSanitizer this file itself is not instrumented (CMakeLists.txt): it is not the kernels that it would judge.
#ifdef HARNESS_TSAN
#include <sanitizer/tsan_interface.h>
#endif

__thread dim3 gridDim, blockDim, blockIdx, threadIdx;

namespace harness {
namespace {

constexpr unsigned kWarp = 32;
constexpr unsigned kThreadsMax = 1024;
constexpr std::size_t kStack = 256 * 1024;  // sanitizers make frames large

enum class State { ready, at_barrier, in_warp, done };

// A stack with a page below it that nobody may touch.
class Stack {
 public:
  Stack() {
    page_ = std::size_t(sysconf(_SC_PAGESIZE));
    memory_ = mmap(nullptr, page_ + kStack, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    mprotect(memory_, page_, PROT_NONE);
  }
  ~Stack() {
    if (memory_) munmap(memory_, page_ + kStack);
  }
  Stack(Stack &&other) noexcept : memory_(other.memory_), page_(other.page_) { other.memory_ = nullptr; }
  Stack(const Stack &) = delete;
  Stack &operator=(const Stack &) = delete;
  Stack &operator=(Stack &&) = delete;
  void *bottom() const { return static_cast<char *>(memory_) + page_; }

 private:
  void *memory_;
  std::size_t page_;
};

struct Fibre {
  ucontext_t context;
  State state;
  dim3 thread;
  int line;              // where it waits
  unsigned mask;         // ... and for which lanes
  uint64_t given;        // what it handed in
  uint64_t warp[kWarp];  // what all lanes handed in, once they have
  void *fake_stack;
  void *shadow;       // ThreadSanitizer's idea of it
  unsigned barriers;  // so far
  char fenced;        // its address stands for what was done before the last fence
};

// What runs one block: its threads' stacks and where they are.
struct Machine {
  std::vector<Stack> stacks;
  std::vector<Fibre> fibres;
  ucontext_t scheduler;
  const void *scheduler_bottom = nullptr;
  std::size_t scheduler_size = 0;
  unsigned current = 0;
  unsigned threads = 0;
  const std::function<void()> *body = nullptr;
  void *shadow = nullptr;   // ThreadSanitizer's idea of the scheduler
  void *carrier = nullptr;  // ... and of one who knows only what was fenced
  char begin = 0, end = 0;  // their addresses stand for what came before a block and for what it did
  char barriers[2] =
      {};  // ... and before a barrier; two, since one thread may reach the next before others leave
};

// Blocks that run at a time when they are shuffled or concurrent.
constexpr unsigned kAtOnce = 4;

Machine machines[kAtOnce];
__thread Machine *running = machines;  // of this thread of the system
Order chosen = Order::forward;

Machine &machine() { return *running; }

// ---- several blocks ------------------------------------------------------------------------------

// Only the thread whose turn it is runs; who is next is drawn from a fixed seed.
class Turns {
 public:
  Turns(unsigned threads, unsigned seed) : alive_(threads), draw_(seed) {
    std::iota(alive_.begin(), alive_.end(), 0u);
    now_ = next();
  }
  void wait(unsigned me) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return now_ == me; });
  }
  void pass_on(unsigned me) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (left_ == 0) return;
    --left_;
    now_ = next();
    if (now_ == me) return;
    changed_.notify_all();
    changed_.wait(lock, [&] { return now_ == me; });
  }
  void leave(unsigned me) {
    const std::lock_guard<std::mutex> lock(mutex_);
    alive_.erase(std::find(alive_.begin(), alive_.end(), me));
    if (!alive_.empty()) now_ = next();
    changed_.notify_all();
  }

 private:
  unsigned next() { return alive_[draw_() % alive_.size()]; }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<unsigned> alive_;
  std::mt19937 draw_;
  unsigned now_, left_ = 256;  // a busy machine may need a millisecond to wake a thread
};
__thread Turns *turns_of_blocks = nullptr;  // NULL: one block runs at a time

// ---- ThreadSanitizer -----------------------------------------------------------------------------

// What came before release(x) by one thread is known to another after acquire(x).
void release([[maybe_unused]] char *place) {
#ifdef HARNESS_TSAN
  __tsan_release(place);
#endif
}
void acquire([[maybe_unused]] char *place) {
#ifdef HARNESS_TSAN
  __tsan_acquire(place);
#endif
}
char *place_of(const void *address) { return const_cast<char *>(static_cast<const char *>(address)); }
// A switch alone orders nothing.
void become([[maybe_unused]] void *shadow) {
#ifdef HARNESS_TSAN
  __tsan_switch_to_fiber(shadow, __tsan_switch_to_fiber_no_sync);
#endif
}
void make_shadow([[maybe_unused]] void **shadow) {
#ifdef HARNESS_TSAN
  if (!*shadow) *shadow = __tsan_create_fiber(0);
#endif
}
// Of fibres that were left in the middle.
void drop_shadows() {
#ifdef HARNESS_TSAN
  for (unsigned i = 0; i < machine().threads; ++i) {
    __tsan_destroy_fiber(machine().fibres[i].shadow);
    machine().fibres[i].shadow = nullptr;
  }
#endif
}

// ---- switching -----------------------------------------------------------------------------------

void finish_switch([[maybe_unused]] void *fake_stack, [[maybe_unused]] const void **bottom,
                   [[maybe_unused]] std::size_t *size) {
#ifdef HARNESS_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, bottom, size);
#endif
}

void start_switch([[maybe_unused]] void **fake_stack, [[maybe_unused]] const void *bottom,
                  [[maybe_unused]] std::size_t size) {
#ifdef HARNESS_ASAN
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#endif
}

void run_fibre(unsigned index) {
  Fibre &fibre = machine().fibres[index];
  machine().current = index;
  threadIdx = fibre.thread;
  void *fake_stack = nullptr;
  start_switch(&fake_stack, machine().stacks[index].bottom(), kStack);
  become(fibre.shadow);
  swapcontext(&machine().scheduler, &fibre.context);
  finish_switch(fake_stack, nullptr, nullptr);
}

void wait_in(State state) {
  Fibre &fibre = machine().fibres[machine().current];
  fibre.state = state;
  start_switch(&fibre.fake_stack, machine().scheduler_bottom, machine().scheduler_size);
  become(machine().shadow);
  swapcontext(&fibre.context, &machine().scheduler);
  finish_switch(fibre.fake_stack, nullptr, nullptr);
}

void fibre_main() {
  finish_switch(nullptr, &machine().scheduler_bottom, &machine().scheduler_size);
  acquire(&machine().begin);
  (*machine().body)();
  release(&machine().end);
  Fibre &fibre = machine().fibres[machine().current];
  fibre.state = State::done;
  start_switch(nullptr, machine().scheduler_bottom, machine().scheduler_size);
  become(machine().shadow);
  setcontext(&machine().scheduler);
}

void prepare(unsigned index) {
  Fibre &fibre = machine().fibres[index];
  getcontext(&fibre.context);
  fibre.context.uc_stack.ss_sp = machine().stacks[index].bottom();
  fibre.context.uc_stack.ss_size = kStack;
  fibre.context.uc_link = nullptr;
  makecontext(&fibre.context, fibre_main, 0);
#ifdef HARNESS_ASAN
  __asan_unpoison_memory_region(machine().stacks[index].bottom(),
                                kStack);  // a failed launch leaves frames behind
#endif
  fibre.state = State::ready;
  fibre.thread = dim3(index % blockDim.x, index / blockDim.x % blockDim.y, index / (blockDim.x * blockDim.y));
  fibre.fake_stack = nullptr;
  fibre.barriers = 0;
  make_shadow(&fibre.shadow);
}

// ---- who may go on -------------------------------------------------------------------------------

// Frees every lane whose whole mask waits at the same place.
bool release_warps() {
  bool released = false;
  for (unsigned first = 0; first < machine().threads; first += kWarp) {
    unsigned lanes = std::min(kWarp, machine().threads - first);
    for (unsigned i = 0; i < lanes; ++i) {
      const Fibre &one = machine().fibres[first + i];
      if (one.state != State::in_warp) continue;
      unsigned arrived = 0;
      uint64_t values[kWarp] = {};
      for (unsigned k = 0; k < lanes; ++k) {
        const Fibre &other = machine().fibres[first + k];
        if (other.state != State::in_warp || other.line != one.line || other.mask != one.mask) continue;
        arrived |= 1u << k;
        values[k] = other.given;
      }
      unsigned mask = one.mask;
      if ((arrived & mask) != mask) continue;
      for (unsigned k = 0; k < lanes; ++k) {
        if (!(mask >> k & 1u)) continue;
        std::copy(values, values + kWarp, machine().fibres[first + k].warp);
        machine().fibres[first + k].state = State::ready;
      }
      released = true;
    }
  }
  return released;
}

bool release_barrier() {
  for (unsigned i = 0; i < machine().threads; ++i)
    if (machine().fibres[i].state != State::at_barrier ||
        machine().fibres[i].line != machine().fibres[0].line)
      return false;
  for (unsigned i = 0; i < machine().threads; ++i) machine().fibres[i].state = State::ready;
  return true;
}

int divergence(const char *kernel) {
  unsigned waits = 0, other = 0;
  while (machine().fibres[waits].state == State::done) ++waits;
  const Fibre &one = machine().fibres[waits];
  while (other + 1 < machine().threads && machine().fibres[other].state == one.state &&
         machine().fibres[other].line == one.line)
    ++other;
  const Fibre &two = machine().fibres[other];
  if (two.state == State::done)
    return dslt_fail(DSLT_EDEVICE,
                     "Kernel %s: thread %u of block (%u, %u) waits at line %d, but thread %u has ended.",
                     kernel, waits, blockIdx.x, blockIdx.y, one.line, other);
  return dslt_fail(DSLT_EDEVICE,
                   "Kernel %s: thread %u of block (%u, %u) waits at line %d, but thread %u waits at line %d.",
                   kernel, waits, blockIdx.x, blockIdx.y, one.line, other, two.line);
}

std::vector<unsigned> turns(unsigned count, unsigned seed) {
  std::vector<unsigned> order(count);
  std::iota(order.begin(), order.end(), 0u);
  if (chosen == Order::reversed) std::reverse(order.begin(), order.end());
  if (chosen == Order::shuffled) std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  return order;
}

int run_block(const char *kernel, unsigned seed) {
  for (unsigned i = 0; i < machine().threads; ++i) prepare(i);
  release(&machine().begin);
  const std::vector<unsigned> order = turns(machine().threads, seed);
  for (;;) {
    unsigned done = 0;
    for (unsigned index : order) {
      if (machine().fibres[index].state == State::ready) run_fibre(index);
      done += machine().fibres[index].state == State::done;
    }
    if (done == machine().threads) break;
    let_others();
    bool released = release_warps();
    released = release_barrier() || released;
    if (!released) {
      drop_shadows();
      return divergence(kernel);
    }
  }
  acquire(&machine().end);  // the next block has the same shared memory
  return DSLT_OK;
}

struct Launch {
  const char *kernel;
  dim3 grid, block;
  const std::function<void()> *body;
  std::vector<unsigned> blocks;  // in their order
};

// From *next on, in this thread of the system, until there are none left.
int run_blocks(const Launch &all, std::size_t *next) {
  Machine &m = machine();
  m.threads = all.block.x * all.block.y * all.block.z;
  m.body = all.body;
  while (m.stacks.size() < m.threads) m.stacks.emplace_back();
  if (m.fibres.size() < m.threads) m.fibres.resize(m.threads);
  make_shadow(&m.carrier);
#ifdef HARNESS_TSAN
  m.shadow = __tsan_get_current_fiber();
#endif
  gridDim = all.grid;
  blockDim = all.block;
  while (*next < all.blocks.size()) {
    const unsigned index = all.blocks[(*next)++];
    blockIdx = dim3(index % all.grid.x, index / all.grid.x % all.grid.y, index / (all.grid.x * all.grid.y));
    const int rc = run_block(all.kernel, index + 2);
    if (rc < 0) {
      *next = all.blocks.size();
      return rc;
    }
  }
  return DSLT_OK;
}

int run_interleaved(const Launch &all) {
  const unsigned count = std::min(kAtOnce, unsigned(all.blocks.size()));
  Turns order(count, unsigned(all.blocks.size()));
  std::size_t next = 0;
  int rc = DSLT_OK;
  std::string sentence;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      running = &machines[i];
      turns_of_blocks = &order;
      order.wait(i);
      const int mine = run_blocks(all, &next);
      if (mine < 0 && rc == DSLT_OK) rc = mine, sentence = dslt_last_error();
      order.leave(i);
    });
  for (std::thread &thread : threads) thread.join();
  return rc < 0 ? dslt_fail(rc, "%s", sentence.c_str()) : DSLT_OK;
}

// Every thread has blocks of its own, neighbours in different ones, and nothing orders one thread's after another's.
int run_concurrent(const Launch &all) {
  const unsigned count = std::min(kAtOnce, unsigned(all.blocks.size()));
  std::vector<std::string> sentences(count);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      running = &machines[i];
      Launch mine = {all.kernel, all.grid, all.block, all.body, {}};
      for (std::size_t k = i; k < all.blocks.size(); k += count) mine.blocks.push_back(all.blocks[k]);
      std::size_t next = 0;
      if (run_blocks(mine, &next) < 0) sentences[i] = dslt_last_error();
    });
  for (std::thread &thread : threads) thread.join();
  for (const std::string &sentence : sentences)
    if (!sentence.empty()) return dslt_fail(DSLT_EDEVICE, "%s", sentence.c_str());
  return DSLT_OK;
}

}  // namespace

// ---- what kernels and launchers call -------------------------------------------------------------

void set_order(Order order) { chosen = order; }

void let_others() {
  if (turns_of_blocks) turns_of_blocks->pass_on(unsigned(running - machines));
}

unsigned lane() { return machine().current % kWarp; }

void barrier(int line) {
  Fibre &fibre = machine().fibres[machine().current];
  fibre.line = line;
  char *place = &machine().barriers[fibre.barriers++ % 2];
  release(place);
  wait_in(State::at_barrier);
  acquire(place);
}

void fence() { release(&machine().fibres[machine().current].fenced); }

// Others learn what this thread had done at its fence, and no more; so another hands it on.
void publish(const void *address) {
  Fibre &fibre = machine().fibres[machine().current];
  become(machine().carrier);
  acquire(&fibre.fenced);
  release(place_of(address));
  become(fibre.shadow);
}

void observe(const void *address) { acquire(place_of(address)); }

uint64_t exchange(unsigned mask, uint64_t value, unsigned source, int line) {
  Fibre &fibre = machine().fibres[machine().current];
  fibre.line = line;
  fibre.mask = mask;
  fibre.given = value;
  wait_in(State::in_warp);
  return fibre.warp[source];
}

int launch(const char *kernel, dim3 grid, dim3 block, const std::function<void()> &body) {
  // The limits that cudaLaunchKernel applies on every architecture since sm_30.
  uint64_t threads = uint64_t(block.x) * block.y * block.z;
  if (threads == 0 || threads > kThreadsMax || block.z > 64 || uint64_t(grid.x) * grid.y * grid.z == 0 ||
      grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535)
    return dslt_fail(DSLT_EDEVICE,
                     "Kernel %s: no GPU takes a grid of %u x %u x %u blocks of %u x %u x %u threads.", kernel,
                     grid.x, grid.y, grid.z, block.x, block.y, block.z);
  const Launch all = {kernel, grid, block, &body, turns(grid.x * grid.y * grid.z, 1)};
  if (chosen == Order::shuffled && all.blocks.size() > 1) return run_interleaved(all);
  if (chosen == Order::concurrent) return run_concurrent(all);
  std::size_t next = 0;
  return run_blocks(all, &next);
}

}  // namespace harness
