// Madam: Learning compositional functions via multiplicative weight updates (Bernstein et al., 2020, arXiv:2006.14560). Weights never change sign.
//
//   1. v <- beta v + (1 - beta) g^2,  d = clip(g / sqrt(v / (1 - beta^t)), -g_bound, g_bound)        (0 / 0 = 0)
//   2. w <- clip(w exp(-lr d sign(w)), -M, M)                                                        M = p_scale rms(w_0)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct MadamOptions {
  double lr = 0.01;
  double beta = 0.999;  ///< in [0, 1)
  double p_scale = 3;
  double g_bound = 10;
  void visit(Visitor& v);
};

struct MadamState {
  Tensor exp_avg_sq;
  double max = 0;  ///< M
  int64_t step = 0;
  void visit(Visitor& v);
};

class Madam : public Method<Madam, MadamOptions, MadamState> {
 public:
  static constexpr std::string_view type = "Madam";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const MadamOptions& o);
};

extern template class Method<Madam, MadamOptions, MadamState>;

}  // namespace tare::optim
