#include "kernels/counters.h"

namespace tare::kernels {
namespace detail {
std::atomic<uint64_t> counted_flops{0}, counted_bytes{0};
}

Counters counters() { return {detail::counted_flops.load(std::memory_order_relaxed), detail::counted_bytes.load(std::memory_order_relaxed)}; }

}  // namespace tare::kernels
