// Lists of tensors by parameter as vectors: what methods do with whole gradients. An undefined tensor counts as zeros.
#pragma once

#include "core/tensor.h"

namespace tare::optim {

/// a x + b y; undefined where both are.
Tensors mix(double a, const Tensors& x, double b, const Tensors& y);
/// The sum of the products of all numbers.
double joint_dot(const Tensors& x, const Tensors& y);

}  // namespace tare::optim
