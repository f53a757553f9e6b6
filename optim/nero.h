// Nero: Learning by Turning: Neural Architecture Aware Optimisation (Liu, Bernstein, Meister, Yue, 2021, arXiv:2102.07227). Rows are neurons.
//
//   1. with constraints, tensors of rank > 1 have row mean 0 and row norm 1, at the start and after every step
//   2. v <- beta v + (1 - beta) |g_row|^2            (vectors: g^2)
//   3. w <- w - lr k g / sqrt(v / (1 - beta^t))      k: the mean row norm at the start (0: 0.01); 0 / 0 = 0
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct NeroOptions {
  double lr = 0.01;
  double beta = 0.999;  ///< in [0, 1)
  bool constraints = true;
  void visit(Visitor& v);
};

struct NeroState {
  Tensor exp_avg_sq;
  double scale = 0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Nero : public PerParameter<Nero, NeroOptions, NeroState> {
 public:
  static constexpr std::string_view type = "Nero";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, NeroState& s, const NeroOptions& o);
  static void check_options(const NeroOptions& o);
};

extern template class Method<Nero, NeroOptions, NeroState>;

}  // namespace tare::optim
