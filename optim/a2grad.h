// A2Grad: Optimal Adaptive and Accelerated Stochastic Gradient Descent (Deng, Cheng, Lan, 2018, arXiv:1810.00553). No rate; k = t - 1, sums over
// each tensor, G the running mean of g, d = |g - G|^2:
//
//   uni: v <- v + d, h = sqrt(v);  exp: e <- rho e + (1 - rho) d (e = d at k = 0), v <- max(v, e), h = sqrt((k + 1) v)
//   c = 1 / (2 lips / (k + 1) + beta h),  x <- x - c g  (x_0 = w_0)
//   w <- (1 - A')(w - A c g) + A' x                                                          A = 2 / (k + 2), A' = 2 / (k + 3)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct A2GradOptions {
  double beta = 10;
  double lips = 10;  ///< Lipschitz constant of the gradient, positive
  std::string variant = "uni";  ///< or "exp"
  double rho = 0.5;
  void visit(Visitor& v);
};

struct A2GradState {
  Tensor avg_grad, x_k;
  double v_k = 0, v_kk = 0, alpha_k = 1;  ///< v, e, A
  int64_t step = 0;
  void visit(Visitor& v);
};

class A2Grad : public Method<A2Grad, A2GradOptions, A2GradState> {
 public:
  static constexpr std::string_view type = "A2Grad";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const A2GradOptions& o);
};

extern template class Method<A2Grad, A2GradOptions, A2GradState>;

}  // namespace tare::optim
