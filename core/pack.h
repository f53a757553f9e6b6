// A tensor's elements in row-major order, for whatever writes them out.
#pragma once

#include "core/tensor.h"

namespace tare {

/// `t` itself when it is contiguous, otherwise a contiguous copy off the tape.
Tensor packed(const Tensor& t);
/// Bytes of a tensor's elements: numel() * item_size(dtype()).
inline size_t byte_size(const Tensor& t) { return static_cast<size_t>(t.numel() * item_size(t.dtype())); }

}  // namespace tare
