// What the indexing kernels share: checked indices, and offset tables of strided tensors.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare::kernels {

/// The index tensor, contiguous, with negative entries counted from the end. Throws IndexError with the entry, axis and
/// bound; DTypeError unless it is int64.
Tensor checked_index(std::string_view what, const Tensor& index, int64_t size, int64_t axis);

/// Offsets (in elements) of all positions of a shape under the given strides, in row-major order.
Tensor offset_table(const Shape& shape, const Shape& strides);

/// Calls f.operator()<T>() with an unsigned type as wide as `t`: for moving elements without looking at them.
template <class F>
decltype(auto) dispatch_width(DType t, F&& f) {
  switch (item_size(t)) {
    case 1: return f.template operator()<uint8_t>();
    case 4: return f.template operator()<uint32_t>();
    default: return f.template operator()<uint64_t>();
  }
}

}  // namespace tare::kernels
