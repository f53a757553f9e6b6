#include "nn/norm/gdn.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/norm/channels.h"

namespace tare::nn {
namespace {

constexpr double kPedestal = 0x1p-36;  // keeps the root's derivative away from 0

Tensor stored_root(const Tensor& value) { return sqrt(clamp(value + kPedestal, kPedestal)); }
Tensor effective(const Tensor& stored, double minimum) { return square(lower_bound(stored, std::sqrt(minimum + kPedestal))) - kPedestal; }

}  // namespace

Tensor lower_bound(const Tensor& x, double bound) {
  Tensor free = ge(x, bound);
  return record("lower_bound", clamp(x.detach(), bound), from(x, [free](const Tensor& grad) {
                  return where(logical_or(free, lt(grad, 0)), grad, 0.0);
                }));
}

void GDNOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("inverse", inverse);
  v.option("beta_min", beta_min);
  v.option("gamma_init", gamma_init);
}

template <int Power>
DivisiveNorm<Power>::DivisiveNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, 0);
  check<ConfigError>(o.beta_min > 0 && o.gamma_init >= 0, type, ": expected beta_min > 0 and gamma_init >= 0, not ", o.beta_min, " and ", o.gamma_init);
  beta = Parameter(stored_root(ones({o.num_features})));
  gamma = Parameter(stored_root(eye(o.num_features) * o.gamma_init));
}

template <int Power>
DivisiveNorm<Power>::DivisiveNorm(int64_t num_features) : DivisiveNorm(Options{.num_features = num_features}) {}

template <int Power>
void DivisiveNorm<Power>::visit(Visitor& v) {
  v.parameter("beta", beta, Role::norm_shift);
  v.parameter("gamma", gamma, Role::norm_scale);
}

template <int Power>
Tensor DivisiveNorm<Power>::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  Tensor columns = reshape(x, {x.shape()[0], x.shape()[1], x.shape().slice(2).numel()});
  Tensor activity = Power == 2 ? square(columns) : abs(columns);
  Tensor pooled = matmul(effective(gamma(), 0), activity) + unsqueeze(effective(beta(), options.beta_min), 1);
  if (Power == 2) pooled = sqrt(pooled);
  return reshape(options.inverse ? columns * pooled : columns / pooled, x.shape());
}

template class DivisiveNorm<1>;
template class DivisiveNorm<2>;
template class Layer<GDN>;
template class Layer<GDN1>;

}  // namespace tare::nn
