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

/// H z for all parameters, z given by parameter: evaluates the closure and differentiates twice. s.loss and s.grads become those of this
/// evaluation. Undefined where the second derivative is zero.
Tensors hessian_vector_product(Step& s, const Tensors& z, std::string_view who);

}  // namespace tare::optim
