#include "nn/norm/online_norm.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/affine_scan.h"

namespace tare::nn {
namespace {

constexpr std::string_view kGuards[] = {"ac", "ls", "none"};

// Of the N + 1 states of a scan: those before each sample, as (N, C, 1), and the last one.
Tensor before_samples(const Tensor& states) { return unsqueeze(narrow(states, 0, 0, states.shape()[0] - 1), 2); }
Tensor after_samples(const Tensor& states) { return select(states, 0, -1); }

}  // namespace

void OnlineNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("alpha_fwd", alpha_fwd);
  v.option("alpha_bkw", alpha_bkw);
  v.option("eps", eps);
  v.option("affine", affine);
  v.option("ecm", ecm, kGuards);
  v.option("ls_eps", ls_eps);
  v.option("clamp_val", clamp_val);
}

template <int D>
OnlineNormNd<D>::OnlineNormNd(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.alpha_fwd > 0 && o.alpha_fwd < 1, type, ": alpha_fwd must lie between 0 and 1, not ", o.alpha_fwd);
  check<ConfigError>(o.alpha_bkw > 0 && o.alpha_bkw <= 1, type, ": alpha_bkw must lie between 0 and 1, not ", o.alpha_bkw);
  check<ConfigError>(o.ls_eps >= 0 && o.clamp_val > 0, type, ": expected ls_eps >= 0 and clamp_val > 0, not ", o.ls_eps, " and ", o.clamp_val);
  Shape channel{o.num_features};
  if (o.affine) {
    start_affine(channel);
  }
  running_mean = Buffer(zeros(channel));
  running_var = Buffer(ones(channel));
  u = Buffer(zeros(channel));
  v = Buffer(zeros(channel));
}

template <int D>
OnlineNormNd<D>::OnlineNormNd(int64_t num_features) : OnlineNormNd(Options{.num_features = num_features}) {}

template <int D>
void OnlineNormNd<D>::visit(Visitor& visitor) {
  visit_affine(visitor);
  visitor.buffer("running_mean", running_mean);
  visitor.buffer("running_var", running_var);
  visitor.buffer("u", u);
  visitor.buffer("v", v);
}

// x (N, C, positions). All four recurrences over samples are affine in their state, so that each is one scan over a table (N, C):
//   v_{i+1} = (1 - (1 - b) mean(y_i^2)) v_i + mean(grad_i y_i),     u_{i+1} = b u_i + mean(t_i) / s_i,  mean(t_i) = mean(grad_i) - (1 - b) v_i mean(y_i)
template <int D>
Tensor OnlineNormNd<D>::normalize_online(const Tensor& x) {
  double a = options.alpha_fwd, leak = 1 - options.alpha_bkw;
  Shape table{x.shape()[0], x.shape()[1]};
  Tensor y, s;
  {
    NoGrad off;
    Moments m = moments(x, {2});
    Tensor decay = full(table, a, x.dtype());
    Tensor means = kernels::affine_scan(running_mean(), decay, reshape(m.mean * (1 - a), table));
    Tensor mean = before_samples(means);
    Tensor variances = kernels::affine_scan(running_var(), decay, reshape(m.variance * (1 - a) + square(m.mean - mean) * (a * (1 - a)), table));
    s = sqrt(before_samples(variances) + options.eps);
    y = (x - mean) / s;
    running_mean.update(after_samples(means));
    running_var.update(after_samples(variances));
  }
  bool frozen = context().frozen_statistics;
  auto backward = [s, leak, frozen, controllers = Tensors{u(), v()}](const Tensors& grads, const Tensors&, const Tensors& outputs, Needs) {
    const Tensor &grad = grads[0], &y = outputs[0];
    Tensor us, vs;
    {
      NoGrad off;
      Shape table{y.shape()[0], y.shape()[1]};
      auto average = [&](const Tensor& t) { return reshape(mean(t, {2}), table); };
      vs = kernels::affine_scan(controllers[1], 1.0 - average(square(y)) * leak, average(grad * y));
      Tensor t = average(grad) - reshape(before_samples(vs), table) * average(y) * leak;
      us = kernels::affine_scan(controllers[0], full(table, 1 - leak, y.dtype()), t / reshape(s, table));
      if (!frozen && !context().frozen_statistics) {
        copy_(controllers[0], after_samples(us));
        copy_(controllers[1], after_samples(vs));
      }
    }
    return Tensors{(grad - before_samples(vs) * y * leak) / s - before_samples(us) * leak};
  };
  return custom_vjp("online_norm", std::move(y), {x}, backward, Gradient::approximate);
}

template <int D>
Tensor OnlineNormNd<D>::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, D == 1 ? 2 : 4, D == 1 ? 2 : 4);
  Tensor z;
  if (this->training()) {
    Tensor y = normalize_online(reshape(x, {x.shape()[0], x.shape()[1], x.shape().slice(2).numel()}));
    z = affine_per_channel(reshape(y, x.shape()), weight(), bias());
  } else {
    z = batch_norm(x, running_mean(), running_var(), weight(), bias(), options.eps);
  }
  if (options.ecm == Options::Guard::ac) return hardtanh(z, -options.clamp_val, options.clamp_val);
  return options.ecm == Options::Guard::ls ? rms_norm(z, z.shape().slice(1), {}, options.ls_eps) : z;
}

template class OnlineNormNd<1>;
template class OnlineNormNd<2>;
template class Layer<OnlineNorm1d>;
template class Layer<OnlineNorm2d>;

}  // namespace tare::nn
