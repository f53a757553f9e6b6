// Small pieces that operations on matrices share.
#pragma once

#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"

namespace tare {

inline Tensor symmetric_part(const Tensor& a) { return (a + transpose(a)) * 0.5; }
/// v (*) over matrices: (*, 1, 1).
inline Tensor per_matrix(const Tensor& v) { return unsqueeze(unsqueeze(v, -1), -1); }
inline double precision_of(DType t) { return t == DType::float32 ? double(std::numeric_limits<float>::epsilon()) : std::numeric_limits<double>::epsilon(); }
/// [[a, b], [c, d]].
inline Tensor block(const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& d) { return cat({cat({a, b}, -1), cat({c, d}, -1)}, -2); }

}  // namespace tare
