// MARS: Unleashing the Power of Variance Reduction for Training Large Models (Yuan et al., 2024, arXiv:2411.10438). For matrices (all tensors
// with optimize_1d):
//
//   1. c = g + gamma beta1 / (1 - beta1) (g - g_prev)  (g_0 = 0),  c <- c / max(1, |c|),  m and v: averages of c and c^2
//   2. adamw: u = mh / (sqrt(vh) + eps);  lion: u = sign(m);  shampoo: u = NS(m / (1 - beta1)) sqrt(max(1, rows / cols))
//   3. w <- w - lr (u + weight_decay w)
//
// Other tensors: AdamW with lr_1d, betas_1d, weight_decay_1d.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct MARSOptions {
  double lr = 3e-3;
  std::vector<double> betas = {0.95, 0.99};
  double eps = 1e-8;
  double weight_decay = 0;
  double gamma = 0.025;  ///< strength of the variance reduction
  std::string mars_type = "adamw";  ///< or "lion", "shampoo"
  bool optimize_1d = false;
  double lr_1d = 3e-3;
  std::vector<double> betas_1d = {0.9, 0.95};
  double weight_decay_1d = 0.1;
  bool amsgrad = false;
  void visit(Visitor& v);
};

struct MARSState {
  Tensor exp_avg, exp_avg_sq, last_grad, max_exp_avg_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

class MARS : public PerParameter<MARS, MARSOptions, MARSState> {
 public:
  static constexpr std::string_view type = "MARS";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, MARSState& s, const MARSOptions& o);
  static void check_options(const MARSOptions& o);
};

extern template class Method<MARS, MARSOptions, MARSState>;

}  // namespace tare::optim
