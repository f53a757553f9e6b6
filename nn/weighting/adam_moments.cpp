#include "nn/weighting/adam_moments.h"

#include <cmath>

#include "autograd/ops/elementwise.h"

namespace tare::nn {

Tensor AdamMoments::update(const Tensor& gradient, double lr) {
  double t = double(++step);
  Tensor m = gradient * 0.1, v = square(gradient) * 0.001;
  if (exp_avg.defined()) m = exp_avg * 0.9 + m, v = exp_avg_sq * 0.999 + v;
  exp_avg = m.detach(), exp_avg_sq = v.detach();
  Tensor moved = gt(v, 0), root = sqrt(where(moved, v, 1) / (1 - std::pow(0.999, t)));  // the root's slope at 0 would be infinite
  return where(moved, m * (lr / (1 - std::pow(0.9, t))) / (root + 1e-8), 0);
}

void AdamMoments::visit(Visitor& v, const std::string& prefix) {
  v.state(prefix + "exp_avg", exp_avg);
  v.state(prefix + "exp_avg_sq", exp_avg_sq);
  v.state(prefix + "step", step);
}

}  // namespace tare::nn
