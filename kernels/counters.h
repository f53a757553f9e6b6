// What the kernels have done so far, in two counters for the whole process: `tare explain` and `tare bench` take differences.
//
// Flops are nominal: a multiply-add is two, an addition, a comparison or an elementary function of one number is one, and a convolution
// counts what its definition costs, whichever way it is computed. Bytes are those of the operands read and the results written, once each:
// traffic that an ideal cache would leave. A kernel counts at its face, before or after its parallel loop; building blocks (gemm,
// panel products, rows) do not, so that nothing counts twice.
#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace tare::kernels {

struct Counters {
  uint64_t flops = 0, bytes = 0;
};

/// Since the start of the process, over all threads.
Counters counters();

void count_work(int64_t flops, int64_t bytes);

/// Bytes of the given tensors' elements; undefined ones have none.
template <class... T>
int64_t bytes_of(const T&... tensors) {
  return (int64_t{0} + ... + (tensors.defined() ? tensors.numel() * item_size(tensors.dtype()) : 0));
}

}  // namespace tare::kernels
