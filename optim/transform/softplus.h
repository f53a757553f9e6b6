// Calibrating the Adaptive Learning Rate to Improve Convergence of ADAM (Tong, Liang, Bi, 2019, arXiv:1908.00700), one of the parts of Ranger21 (Wright and Demeure,
// 2021, arXiv:2106.13731): the softplus of an adaptive method's denominator is a smooth lower bound, where eps is an abrupt and much smaller one.
//
//   v <- beta2 v + (1 - beta2) g^2,   den = sqrt(v) / sqrt(1 - beta2^t) + eps,   g <- g / softplus(den),   softplus(x) = log(1 + e^(beta x)) / beta
//
// softplus(x) is x itself where beta x > 20. At den = 0 it is log(2) / beta: a gradient is multiplied by at most beta / log(2), 72 by default. Followed by
// AverageGradients and SGD it is SAdam with momentum after the normalization.
#pragma once

#include "optim/transform/gradient_map.h"

namespace tare::optim {

struct SoftplusNormalizeOptions {
  double beta2 = 0.999;       ///< in [0, 1)
  double eps = 1e-8;
  double beta_softplus = 50;  ///< positive
  void visit(Visitor& v);
};

struct SoftplusNormalizeState {
  Tensor exp_avg_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

class SoftplusNormalize : public GradientMap<SoftplusNormalize, SoftplusNormalizeOptions, SoftplusNormalizeState> {
 public:
  static constexpr std::string_view type = "SoftplusNormalize";
  using GradientMap::GradientMap;
  Tensor transform(const Tensor& g, const Tensor& w, SoftplusNormalizeState& s, const SoftplusNormalizeOptions& o);
  static void check_options(const SoftplusNormalizeOptions& o);
};

extern template class Method<SoftplusNormalize, SoftplusNormalizeOptions, SoftplusNormalizeState>;

}  // namespace tare::optim
