// Which element type an operation computes in: PyTorch's rules.
//
// Types form one chain, bool < uint8 < int64 < float32 < float64, in three categories (bool, integer, floating). Tensors
// with axes decide first; a 0-d tensor, and after it a bare number, only takes part when its category is higher. A bare
// floating number never brings float64 into an integer operation: it brings the default floating type.
#pragma once

#include "core/context.h"
#include "core/tensor.h"

namespace tare::kernels {

namespace detail {
constexpr int category(DType t) { return t == DType::boolean ? 0 : t < DType::float32 ? 1 : 2; }
}  // namespace detail

/// The floating type that an operation like exp or div computes in for inputs of type `t`.
inline DType floating_type(DType t) { return is_floating(t) ? t : default_dtype(); }

inline DType result_type(const Tensor& a, const Tensor& b) {
  DType s = a.dtype(), t = b.dtype();
  if (s == t) return s;
  bool a_0d = a.dim() == 0, b_0d = b.dim() == 0;
  if (a_0d == b_0d) return promote(s, t);
  DType strong = a_0d ? t : s, weak = a_0d ? s : t;
  return detail::category(weak) > detail::category(strong) ? promote(strong, weak) : strong;
}

inline DType result_type(DType t, const Scalar& s) {
  if (detail::category(s.dtype()) <= detail::category(t)) return t;
  return s.dtype() == DType::float64 ? default_dtype() : s.dtype();
}
inline DType result_type(const Tensor& a, const Scalar& s) { return result_type(a.dtype(), s); }
inline DType result_type(const Scalar& s, const Tensor& a) { return result_type(a.dtype(), s); }

}  // namespace tare::kernels
