// What gradient transforms and methods do to one gradient, as functions of tensors.
#pragma once

#include <string>
#include <vector>

#include "core/tensor.h"

namespace tare::optim {

/// Gradient centralization (Yong et al., 2020, arXiv:2004.01461): minus the mean over all axes but the first; vectors unchanged.
Tensor centralized(const Tensor& g);

}  // namespace tare::optim
