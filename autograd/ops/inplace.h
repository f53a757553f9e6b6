// Writing into tensors. None of these is differentiable: a tensor that requires a gradient may only be written inside a NoGrad
// scope (otherwise GradError); what the tape saved of a written tensor is refused when it is used.
#pragma once

#include "core/tensor.h"

namespace tare {

/// dst[...] = src, broadcast and converted.
const Tensor& copy_(const Tensor& dst, const Tensor& src);
const Tensor& fill_(const Tensor& dst, const Scalar& value);
const Tensor& zero_(const Tensor& dst);
/// dst += alpha * src.
const Tensor& add_(const Tensor& dst, const Tensor& src, double alpha = 1);
const Tensor& sub_(const Tensor& dst, const Tensor& src, double alpha = 1);
const Tensor& mul_(const Tensor& dst, const Tensor& src);
const Tensor& mul_(const Tensor& dst, const Scalar& number);
const Tensor& div_(const Tensor& dst, const Tensor& src);
const Tensor& div_(const Tensor& dst, const Scalar& number);
/// dst = dst + weight (src - dst).
const Tensor& lerp_(const Tensor& dst, const Tensor& src, double weight);
const Tensor& clamp_(const Tensor& dst, double lo, double hi);
const Tensor& masked_fill_(const Tensor& dst, const Tensor& mask, const Scalar& value);

}  // namespace tare
