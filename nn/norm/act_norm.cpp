#include "nn/norm/act_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "core/context.h"
#include "nn/init/init.h"

namespace tare::nn {

void ActNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("unbiased", unbiased);
  v.option("return_log_det", return_log_det);
}

template <int D>
ActNormNd<D>::ActNormNd(Options o) : options(o) {
  check_norm_options(type, o.num_features, 0);
  log_scale = Parameter(init::zeros({o.num_features}));
  shift = Parameter(init::zeros({o.num_features}));
  initialized = Buffer(zeros({}, DType::int64));
}
template <int D>
ActNormNd<D>::ActNormNd(int64_t num_features) : ActNormNd(Options{.num_features = num_features}) {}

template <int D>
void ActNormNd<D>::visit(Visitor& v) {
  v.parameter("log_scale", log_scale, Role::norm_scale);
  v.parameter("shift", shift, Role::norm_shift);
  v.buffer("initialized", initialized);
}

template <int D>
Tensor ActNormNd<D>::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, D == 1 ? 2 : D + 2, D + 2);
  if (this->training() && !context().frozen_statistics && initialized().template item<int64_t>() == 0) {
    check_batch_statistics(type, x);
    check<ConfigError>(log_scale.leaf().defined() && shift.leaf().defined(), type,
                       ": log_scale and shift are set from the first batch: reparametrize them after it");
    NoGrad off;
    auto [deviation, m] = std_mean(x, batch_axes(x.dim()), options.unbiased ? 1 : 0);
    copy_(shift.leaf(), -m);
    copy_(log_scale.leaf(), -log(deviation + 1e-6));
    initialized.update(ones({}, DType::int64));
  }
  return (x + per_channel(shift(), x.dim())) * per_channel(exp(log_scale()), x.dim());
}

template <int D>
Tensor ActNormNd<D>::log_det(const Tensor& x) const {
  return sum(log_scale()) * double(x.shape().slice(2).numel());
}

template <int D>
Tensors ActNormNd<D>::call(std::span<const Tensor> inputs, const Json* extras) {
  Tensors out = Layer<ActNormNd<D>>::call(inputs, extras);
  if (options.return_log_det) out.push_back(log_det(inputs[0]));
  return out;
}

template class ActNormNd<1>;
template class ActNormNd<2>;
template class Layer<ActNorm1d>;
template class Layer<ActNorm2d>;

}  // namespace tare::nn
