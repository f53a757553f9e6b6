// Kernels along one axis see a contiguous tensor as [outer, n, inner], n being the axis.
#pragma once

#include <string_view>

#include "core/tensor.h"
#include "kernels/elementwise.h"

namespace tare::kernels {

struct MiddleAxis {
  Tensor x;  ///< contiguous
  int axis;
  int64_t outer = 1, n = 1, inner = 1;

  MiddleAxis(std::string_view what, const Tensor& t, int64_t a) : x(contiguous(t)), axis(normalize_axis(what, a, t.dim())) {
    for (int d = 0; d < t.dim(); d++) (d < axis ? outer : d == axis ? n : inner) *= t.shape()[d];
  }
  /// The tensor's shape with `size` along the axis (a 0-d tensor stays 0-d).
  Shape with(int64_t size) const {
    Shape s = x.shape();
    if (!s.empty()) s[axis] = size;
    return s;
  }
  /// The tensor's shape without the axis, or with size 1 there.
  Shape reduced(bool keepdim) const {
    Shape s = with(1);
    if (!keepdim && !s.empty()) s.erase(axis);
    return s;
  }
};

}  // namespace tare::kernels
