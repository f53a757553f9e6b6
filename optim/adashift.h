// AdaShift: Decorrelation and Convergence of Adaptive Learning Rate Methods (Zhou et al., 2019, arXiv:1810.00143): the second moment rests on
// gradients older than those of the momentum. n = keep_num; nothing moves while t <= n, then
//
//   m = sum_i beta1^i g_(t-i) / sum_i beta1^i over the last n,  v <- beta2 v + (1 - beta2) max(g_(t-n)^2)      (reduce "none": elementwise)
//   w <- w - lr m / (sqrt(v / (1 - beta2^(t-n))) + eps)
//
// m is kept up to date, m <- beta1 m + (g_t - beta1^n g_(t-n)) / sum_i beta1^i from zeros, which reads one old gradient instead of n; beta1 < 1 forgets its rounding
// errors as it forgets gradients.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdaShiftOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  int64_t keep_num = 10;  ///< at least 1
  double eps = 1e-10;
  std::string reduce = "max";  ///< over the tensor; or "none"
  void visit(Visitor& v);
};

struct AdaShiftState {
  std::vector<Tensor> grad_queue;  ///< the last keep_num gradients, oldest first
  Tensor exp_avg, exp_avg_sq;
  Tensor oldest{};  ///< within a step: the gradient that leaves the queue, whose place the new one takes
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdaShift : public Method<AdaShift, AdaShiftOptions, AdaShiftState> {
 public:
  static constexpr std::string_view type = "AdaShift";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdaShiftOptions& o);
};

extern template class Method<AdaShift, AdaShiftOptions, AdaShiftState>;

}  // namespace tare::optim
