#include "core/parallel.h"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/error.h"

namespace tare {
namespace {

// The number wanted by the user, and an arena of that size. oneTBB's default allows as many threads as there are
// cores; asking for more needs both a global_control and an arena.
struct Pool {
  std::mutex mutex;
  std::atomic<int> threads{static_cast<int>(std::thread::hardware_concurrency() ? std::thread::hardware_concurrency() : 1)};
  std::unique_ptr<oneapi::tbb::global_control> limit;
  std::shared_ptr<oneapi::tbb::task_arena> arena;
};

Pool& pool() {
  static Pool p;
  return p;
}

thread_local bool inside = false;

struct InsideScope {
  bool before = inside;
  InsideScope() { inside = true; }
  ~InsideScope() { inside = before; }
};

#ifdef TARE_SANITIZED_THREADS
// ThreadSanitizer cannot see how Debian's oneTBB, built without it, synchronises: its builds run the pieces on plain threads. The counter
// is relaxed on purpose, so that it orders nothing between the pieces that would hide a race.
void run_on_threads(int64_t pieces, void (*body)(void*, int64_t), void* context) {
  std::atomic<int64_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  auto work = [&] {
    InsideScope scope;
    try {
      for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < pieces;) body(context, i);
    } catch (...) {
      std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (int64_t t = 1; t < num_threads() && t < pieces; t++) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}
#endif

}  // namespace

int num_threads() { return pool().threads.load(std::memory_order_relaxed); }

void set_num_threads(int n) {
  check<ValueError>(n >= 1, "set_num_threads: expected at least 1 thread, not ", n);
  Pool& p = pool();
  std::lock_guard lock(p.mutex);
  p.threads = n;
  p.arena.reset();
  p.limit = std::make_unique<oneapi::tbb::global_control>(oneapi::tbb::global_control::max_allowed_parallelism, static_cast<size_t>(n));
  p.arena = std::make_shared<oneapi::tbb::task_arena>(n);
}

bool in_parallel() { return inside; }

namespace detail {

void run_pieces(int64_t pieces, void (*body)(void*, int64_t), void* context) {
  if (inside || num_threads() == 1) {
    InsideScope scope;
    for (int64_t i = 0; i < pieces; i++) body(context, i);
    return;
  }
#ifdef TARE_SANITIZED_THREADS
  run_on_threads(pieces, body, context);
#else
  // A task costs about 0.05 us, more than some pieces take: sixteen a thread are enough to share the work evenly.
  int64_t together = std::max<int64_t>(1, pieces / (16 * num_threads()));
  auto loop = [&] {
    oneapi::tbb::parallel_for(
        oneapi::tbb::blocked_range<int64_t>(0, pieces, together),
        [&](const oneapi::tbb::blocked_range<int64_t>& range) {
          InsideScope scope;
          for (int64_t i = range.begin(); i < range.end(); i++) body(context, i);
        },
        oneapi::tbb::simple_partitioner{});
  };
  std::shared_ptr<oneapi::tbb::task_arena> arena = pool().arena;
  if (arena) arena->execute(loop);
  else loop();
#endif
}

}  // namespace detail
}  // namespace tare
