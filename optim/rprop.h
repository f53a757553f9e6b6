// Rprop: A Direct Adaptive Method for Faster Backpropagation Learning (Riedmiller and Braun, 1993), as in PyTorch: only signs count.
//
//   1. g g_prev > 0: h <- min(eta+ h, h_max);  < 0: h <- max(eta- h, h_min) and g <- 0
//   2. w <- w - sign(g) h,  g_prev <- g           (h_1 = lr)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct RpropOptions {
  double lr = 1e-2;  ///< the first step size
  std::vector<double> etas = {0.5, 1.2};          ///< eta-, eta+: 0 < eta- < 1 < eta+
  std::vector<double> step_sizes = {1e-6, 50.0};  ///< smallest and largest
  bool maximize = false;
  void visit(Visitor& v);
};

struct RpropState {
  Tensor prev, step_size;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Rprop : public Method<Rprop, RpropOptions, RpropState> {
 public:
  static constexpr std::string_view type = "Rprop";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const RpropOptions& o);
};

extern template class Method<Rprop, RpropOptions, RpropState>;

}  // namespace tare::optim
