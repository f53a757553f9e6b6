// AdaShift: Decorrelation and Convergence of Adaptive Learning Rate Methods (Zhou et al., 2019, arXiv:1810.00143): the second moment rests on
// gradients older than those of the momentum. n = keep_num; nothing moves while t <= n, then
//
//   m = sum_i beta1^i g_(t-i) / sum_i beta1^i over the last n,  v <- beta2 v + (1 - beta2) max(g_(t-n)^2)      (reduce "none": elementwise)
//   w <- w - lr m / (sqrt(v / (1 - beta2^(t-n))) + eps)
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
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdaShift : public PerParameter<AdaShift, AdaShiftOptions, AdaShiftState> {
 public:
  static constexpr std::string_view type = "AdaShift";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, AdaShiftState& s, const AdaShiftOptions& o);
  static void check_options(const AdaShiftOptions& o);
};

extern template class Method<AdaShift, AdaShiftOptions, AdaShiftState>;

}  // namespace tare::optim
