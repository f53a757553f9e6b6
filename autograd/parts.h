// Views that share out a tensor: split, unbind.
#pragma once

#include <functional>

#include "core/tensor.h"

namespace tare {

/// Records `views` of `whole` as one operation whose gradients `join` (written with recorded operations) puts together to the gradient of the
/// whole; zeros stand for those that did not arrive. Nothing is saved.
Tensors record_parts(const char* name, Tensors views, const Tensor& whole, std::function<Tensor(const Tensors& grads)> join);

}  // namespace tare
