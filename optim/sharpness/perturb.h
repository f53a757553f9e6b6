// Gradients at points near the weights, for the methods that look around before they step.
#pragma once

#include "optim/optimizer.h"

namespace tare::optim {

/// Puts the parameters back to `weights`, bit for bit, when it goes out of scope.
struct PutBack {
  const Step& s;
  const Tensors& weights;
  ~PutBack();
};

/// The gradients at weights + scale * offset, by parameter (an undefined offset: none). The parameters are put back to `weights`, bit for bit, and
/// s.loss stays; running statistics stay too when `frozen`. Throws StateError without a closure, naming `who`.
Tensors gradients_at(Step& s, const Tensors& weights, const Tensors& offset, double scale, bool frozen, std::string_view who);
/// The sum of products over all tensors defined in both.
double joint_dot_of(const Tensors& a, const Tensors& b);
/// a * x + b * y by parameter; undefined tensors count as zeros.
Tensors combined(double a, const Tensors& x, double b, const Tensors& y);

}  // namespace tare::optim
