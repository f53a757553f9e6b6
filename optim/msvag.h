// M-SVAG: Dissecting Adam: The Sign, Magnitude and Variance of Stochastic Gradients (Balles and Hennig, 2018, arXiv:1705.07774). Momentum,
// each number scaled by its signal-to-noise ratio. m, v: corrected averages with beta.
//
//   rho = min((1 - beta)^2 (1 - beta^2t) / ((1 - beta^t)^2 (1 - beta^2)), 0.9999),  s = (v - m^2) / (1 - rho)
//   f = clip(m^2 / (m^2 + rho s), 0, 1)  (0 / 0 = 0),  w <- w - lr f m
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct MSVAGOptions {
  double lr = 0.01;
  double beta = 0.9;  ///< in [0, 1)
  void visit(Visitor& v);
};

class MSVAG : public Method<MSVAG, MSVAGOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "MSVAG";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const MSVAGOptions& o);
};

extern template class Method<MSVAG, MSVAGOptions, MomentsState>;

}  // namespace tare::optim
