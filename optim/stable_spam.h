// Stable-SPAM: How to Train in 4-Bit More Stably than 16-Bit Adam (Huang et al., 2025, arXiv:2502.17055). In each tensor, before Adam:
//
//   1. c: corrected average (theta) of max|g|;  where |g| > c: g <- g c / max|g|
//   2. n = |g|, A and B: corrected averages (gamma1, gamma2) of n and n^2;  g <- g A / (n (sqrt(B) + eps))
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct StableSPAMOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double gamma1 = 0.7;
  double gamma2 = 0.9;
  double theta = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

struct StableSPAMState {
  Tensor exp_avg, exp_avg_sq;
  double m_norm_t = 0, v_norm_t = 0, m_max_t = 0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class StableSPAM : public Method<StableSPAM, StableSPAMOptions, StableSPAMState> {
 public:
  static constexpr std::string_view type = "StableSPAM";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const StableSPAMOptions& o);
};

extern template class Method<StableSPAM, StableSPAMOptions, StableSPAMState>;

}  // namespace tare::optim
