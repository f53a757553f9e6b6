// The same values in row-major order without gaps: what kernels with plain loops want of their operands.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// x itself when it is contiguous, otherwise a contiguous copy.
Tensor dense(const Tensor& x);

}  // namespace tare::kernels
