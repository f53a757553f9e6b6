#include "kernels/counters.h"

#include <atomic>

#include "core/per_thread.h"

namespace tare::kernels {
namespace {

struct Counted {
  std::atomic<uint64_t> flops{0}, bytes{0};
};

void add(std::atomic<uint64_t>& to, int64_t n) { to.store(to.load(std::memory_order_relaxed) + uint64_t(n), std::memory_order_relaxed); }

}  // namespace

void count_work(int64_t flops, int64_t bytes) {
  Counted& c = PerThread<Counted>::mine();
  add(c.flops, flops);
  add(c.bytes, bytes);
}

Counters counters() {
  Counters total;
  PerThread<Counted>::each([&](const Counted& c) {
    total.flops += c.flops.load(std::memory_order_relaxed);
    total.bytes += c.bytes.load(std::memory_order_relaxed);
  });
  return total;
}

}  // namespace tare::kernels
