// AccSGD: On the insufficiency of existing momentum schemes for Stochastic Optimization (Kidambi, Netrapalli, Jain, Kakade, 2018,
// arXiv:1803.05591). c = small_const, B = c^2 xi / kappa, z = c / (c + B), b_0 = w_0:
//
//   b <- B ((1 / B - 1) b - lr kappa / c g + w),  w <- z (w - lr g) + (1 - z) b
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct AccSGDOptions {
  double lr = 1e-3;
  double kappa = 1000;  ///< ratio of the long to the short step, positive
  double xi = 10;  ///< statistical advantage, positive
  double small_const = 0.7;  ///< in (0, 1]
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

class AccSGD : public Method<AccSGD, AccSGDOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "AccSGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AccSGDOptions& o);
};

extern template class Method<AccSGD, AccSGDOptions, MomentumState>;

}  // namespace tare::optim
