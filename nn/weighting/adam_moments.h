// Adam for the few tensors that learned loss weights own (nn is below optim and cannot use its optimizers): betas 0.9 and 0.999, eps 1e-8, bias corrected.
#pragma once

#include <string>

#include "core/visitor.h"

namespace tare::nn {

struct AdamMoments {
  Tensor exp_avg{}, exp_avg_sq{};  ///< undefined at first
  int64_t step = 0;
  /// What to subtract for this gradient. Differentiable by the gradient while the tape records; the moments are kept off it. Numbers whose gradients were all 0 do not
  /// move, and have derivative 0.
  Tensor update(const Tensor& gradient, double lr);
  void visit(Visitor& v, const std::string& prefix);
};

}  // namespace tare::nn
