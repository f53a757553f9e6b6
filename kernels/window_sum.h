// Sums of neighbours along one axis: the pooling of divisive normalizations.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// out[c] = x[c - before] + ... + x[c + after] along `axis`; neighbours beyond the ends count as 0. Each sum is taken afresh: a sliding
/// sum would cancel.
Tensor window_sum(const Tensor& x, int64_t axis, int64_t before, int64_t after);

}  // namespace tare::kernels
