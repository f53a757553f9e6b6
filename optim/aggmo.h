// AggMo: Aggregated Momentum: Stability Through Passive Damping (Lucas, Sun, Zemel, Grosse, 2019, arXiv:1804.00325).
//
//   b_i <- beta_i b_i + g for every beta,  w <- w - lr mean_i b_i
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AggMoOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.0, 0.9, 0.99};  ///< any number of them, each in [0, 1)
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

struct AggMoState {
  std::vector<Tensor> momentum_buffer;  ///< one a beta
  int64_t step = 0;
  void visit(Visitor& v);
};

class AggMo : public PerParameter<AggMo, AggMoOptions, AggMoState> {
 public:
  static constexpr std::string_view type = "AggMo";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, AggMoState& s, const AggMoOptions& o);
  static void check_options(const AggMoOptions& o);
};

extern template class Method<AggMo, AggMoOptions, AggMoState>;

}  // namespace tare::optim
