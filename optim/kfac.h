// Optimizing Neural Networks with Kronecker-factored Approximate Curvature (Martens and Grosse, 2015, arXiv:1503.05671), block-diagonal, with the
// empirical Fisher matrix. For a linear layer y = W a + b with the gradients g of its outputs, averaged over samples:
//
//   1. A <- average (decay) of [a; 1] [a; 1]^T,  G <- average of g g^T          the first step takes its own
//   2. [W b] <- [W b] - lr (G + sqrt(damping) / pi I)^-1 [dW db] (A + sqrt(damping) pi I)^-1,  pi = sqrt((tr A / dim A) / (tr G / dim G))
//
// a and g are not asked of the model: the closure returns one loss a sample, whose gradients are g a^T for W and g for b, so that b's gradient is g
// and a = (g a^T)^T g / |g|^2. That takes one backward pass a sample: for small problems, and for layers "X.weight" (matrix) with "X.bias" that see one
// vector a sample. All other parameters take plain gradient steps. A sample whose g is 0 tells nothing about a and is left out of A.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct KFACOptions {
  double lr = 0.1;
  double decay = 0.95;  ///< of the averages, in [0, 1)
  double damping = 1e-2;  ///< at least 0
  void visit(Visitor& v);
};

struct KFACState {
  Tensor A, G;  ///< kept with the weight
  int64_t step = 0;
  void visit(Visitor& v);
};

class KFAC : public Method<KFAC, KFACOptions, KFACState> {
 public:
  static constexpr std::string_view type = "KFAC";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const KFACOptions& o);
};

extern template class Method<KFAC, KFACOptions, KFACState>;

}  // namespace tare::optim
