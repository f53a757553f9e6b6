// The counters of work count what the definitions say, whichever thread a kernel is called from.
#include "kernels/counters.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "core/allocator.h"
#include "core/parallel.h"
#include "kernels/attention.h"
#include "kernels/conv.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/reduce.h"

using namespace tare;

namespace {

template <class F>
kernels::Counters work_of(F f) {
  kernels::Counters before = kernels::counters();
  f();
  kernels::Counters after = kernels::counters();
  return {after.flops - before.flops, after.bytes - before.bytes};
}

}  // namespace

TEST_CASE("counters: flops and bytes of products, convolutions, attention, sums and elementwise operations") {
  Tensor a = zeros_raw({5, 7}, DType::float32), b = zeros_raw({7, 3}, DType::float32), row = zeros_raw({7}, DType::float32);
  kernels::Counters w = work_of([&] { kernels::matmul(a, b); });
  CHECK(w.flops == 2 * 5 * 7 * 3);
  CHECK(w.bytes == 4 * (35 + 21 + 15));
  w = work_of([&] { kernels::add(a, row); });
  CHECK(w.flops == 35);
  CHECK(w.bytes == 4 * (35 + 7 + 35));
  w = work_of([&] { kernels::sum(a, {0}, false); });
  CHECK(w.flops == 35);
  CHECK(w.bytes == 4 * (35 + 7));
  // Whichever way it is computed (here by Winograd's), a convolution counts what its definition costs.
  Tensor x = zeros_raw({2, 16, 8, 8}, DType::float32), k = zeros_raw({16, 16, 3, 3}, DType::float32);
  w = work_of([&] { kernels::conv_forward(x, k, {}, {.padding = {1}}); });
  CHECK(w.flops == 2 * 2 * 16 * 64 * 16 * 9);
  Tensor q = zeros_raw({1, 2, 10, 4}, DType::float32);
  w = work_of([&] { kernels::attention(q, q, q, {}, false, 1); });
  CHECK(w.flops == 2 * 10 * 10 * 2 * (4 + 4));
  // A large product is cut into tiles, a batch into matrices: neither counts twice, and threads of one's own count as well.
  Tensor large = zeros_raw({4, 300, 300}, DType::float32);
  w = work_of([&] { std::thread([&] { kernels::matmul(large, large); }).join(); });
  CHECK(w.flops == 4u * 2 * 300 * 300 * 300);
}

TEST_CASE("memory: live bytes are exact, the peak is kept until it is reset") {
  for (int64_t numbers : {5, 1000, 20000, 3000000}) {
    MemoryStats before = memory_stats();
    reset_peak_memory();
    {
      Tensor t = empty({numbers}, DType::float64);
      CHECK(memory_stats().live_bytes - before.live_bytes >= numbers * 8);
      CHECK(memory_stats().live_bytes - before.live_bytes <= numbers * 8 + 256);
    }
    MemoryStats after = memory_stats();
    CHECK(after.live_bytes == before.live_bytes);
    CHECK(after.peak_bytes >= before.live_bytes + std::max<int64_t>(0, numbers * 8 - (1 << 16)));
  }
  MemoryStats start = memory_stats();
  Tensor t = empty({100000});
  std::thread([&] { t = {}; }).join();  // freed by another thread
  CHECK(memory_stats().live_bytes == start.live_bytes);
  empty_memory_cache();
  CHECK(memory_stats().cached_bytes == 0);
  CHECK(empty({300000}).defined());
}
