// SparseAdam, as in PyTorch: Adam for gradients most of whose rows are zero (embeddings). A row is one first index; where a row of the gradient
// is wholly zero neither the parameter nor its moments move.
//
//   m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2,  w <- w - lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps)
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct SparseAdamOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  bool maximize = false;
  void visit(Visitor& v);
};

class SparseAdam : public PerParameter<SparseAdam, SparseAdamOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "SparseAdam";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, MomentsState& s, const SparseAdamOptions& o);
};

extern template class Method<SparseAdam, SparseAdamOptions, MomentsState>;

}  // namespace tare::optim
