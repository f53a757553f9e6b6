// The same values in row-major order without gaps: what kernels with plain loops want of their operands.
#pragma once

#include "kernels/elementwise.h"

namespace tare::kernels {

/// Another name for contiguous(x).
inline Tensor dense(const Tensor& x) { return contiguous(x); }

}  // namespace tare::kernels
