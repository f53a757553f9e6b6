// Hutchinson's estimate of the Hessian's diagonal (1990; Bekas, Kokiopoulou, Saad, 2007): D = z (H z) for random signs z, whose mean is the
// diagonal. H z is the gradient of <g, z>: one more pass through a recorded backward pass.
#pragma once

#include "core/random.h"
#include "optim/optimizer.h"

namespace tare::optim {

class Hutchinson {
 public:
  /// Fills s.hessians when it is empty, the step has a closure, and `every` steps have passed since the last time (the first counts).
  void make(Step& s, int64_t every);
  void visit(Visitor& v);

 private:
  Generator signs_{0x5eed};
  int64_t step_ = 0;
};

/// The Hessian of a step's loss at the present weights as a linear map: one evaluation, recorded, then one backward pass through it a product. s.loss and
/// s.grads become those of that evaluation, off the tape.
class HessianProduct {
 public:
  HessianProduct(Step& s, std::string_view who);
  /// H z, by parameter; undefined where the second derivative is zero. Undefined z count as zeros.
  Tensors operator()(const Tensors& z) const;

 private:
  Tensors grads_, leaves_;
  std::vector<size_t> places_;  // of the leaves among the parameters
};

/// H z for all parameters, z given by parameter: evaluates the closure and differentiates twice. s.loss and s.grads become those of this
/// evaluation. Undefined where the second derivative is zero.
Tensors hessian_vector_product(Step& s, const Tensors& z, std::string_view who);

}  // namespace tare::optim
