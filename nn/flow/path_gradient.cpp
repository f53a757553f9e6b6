#include "nn/flow/path_gradient.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"

namespace tare::nn {
namespace {

/// d/dx of f's sum at x, a constant.
Tensor gradient_at(const Tensor& x, const TensorFunction& f) {
  EnableGrad on;
  Tensor at = x.detach().set_requires_grad();
  return grad(sum(f(at)), at).detach();
}

/// A number with this value and the gradient of sum(x . force).
Tensor with_gradient_of(const Tensor& value, const Tensor& x, const Tensor& force) {
  Tensor t = sum(x * force);
  return value.detach() + t - t.detach();
}

struct FastPass {
  Tensor x, log_det, force;  ///< force: d log q / dx, a constant
};
FastPass generate_with_force(AffineCouplingStack& flow, const Tensor& z) {
  FastPass out{z, {}, -z.detach()};
  for (size_t k = 0; k < flow.size(); k++) {
    auto p = flow.halves(k, out.x);
    auto [shift, s] = flow.coefficients(k, flow.features(k, p.off));
    auto d = flow.halves(k, out.force);
    Tensor on_force = d.on * exp(-s.detach()), on = p.on.detach();
    AffineCouplingStack::Detached constant(flow);
    Tensor bracket = gradient_at(p.off, [&](const Tensor& off) {
      auto [t, log_scale] = flow.coefficients(k, flow.features(k, off));
      return on_force * (on * exp(log_scale) + t) + log_scale;
    });
    out.force = flow.join(k, {on_force, d.off - bracket});
    out.x = flow.join(k, {p.on * exp(s) + shift, p.off});
    Tensor l = sum(s, {1});
    out.log_det = k ? out.log_det + l : l;
  }
  return out;
}

}  // namespace

Tensor path_gradient_loss(AffineCouplingStack& flow, PathEstimator estimator, const Tensor& samples, const TensorFunction& action) {
  double batch = double(samples.size(0));
  auto constant_log_q = [&](const Tensor& x) {
    AffineCouplingStack::Detached constant(flow);
    return flow.log_prob(x);
  };
  switch (estimator) {
    case PathEstimator::reparam: {
      Tensors out = flow.generate(samples);
      return mean(action(out[0]) + standard_normal_log_prob(samples) - out[1]);
    }
    case PathEstimator::path_qp: {
      Tensor z = samples.detach();
      Tensors out = flow.generate(z);
      Tensor force = gradient_at(out[0], [&](const Tensor& x) { return action(x) + constant_log_q(x); }) / batch;
      return with_gradient_of(mean(action(out[0].detach()) + standard_normal_log_prob(z) - out[1].detach()), out[0], force);
    }
    case PathEstimator::fast_path_qp: {
      Tensor z = samples.detach();
      FastPass out = generate_with_force(flow, z);
      Tensor force = (out.force + gradient_at(out.x, action)) / batch;
      return with_gradient_of(mean(action(out.x.detach()) + standard_normal_log_prob(z) - out.log_det.detach()), out.x, force);
    }
    case PathEstimator::ml: return -mean(flow.log_prob(samples));
    case PathEstimator::path_pq: {
      Tensor x = samples.detach();
      Tensor z, value;
      {
        NoGrad off;
        Tensors out = flow.normalize(x);
        z = out[0];
        value = mean(-(standard_normal_log_prob(z) + out[1]) - action(x));
      }
      Tensor force = gradient_at(x, [&](const Tensor& t) { return constant_log_q(t) + action(t); }) / batch;
      return with_gradient_of(value, flow.generate(z)[0], force);
    }
  }
  return {};
}

void PathGradientLossOptions::visit(Visitor& v) {
  v.option("estimator", estimator, {"reparam", "path_qp", "fast_path_qp", "ml", "path_pq"});
  v.option("dim", dim);
  v.option("blocks", blocks);
  v.option("hidden", hidden);
  v.option("action", action, {"double_well", "quadratic"});
  v.option("action_coef", action_coef);
}

PathGradientLoss::PathGradientLoss(Options o) : options(o), flow({.dim = o.dim, .blocks = o.blocks, .hidden = o.hidden}) {}

Tensor PathGradientLoss::forward(const Tensor& samples) {
  check_rows(type, samples, options.dim);
  return path_gradient_loss(flow, options.estimator, samples, [this](const Tensor& x) {
    Tensor energy = options.action == Action::double_well ? square(square(x) - 1.0) : square(x);
    return options.action_coef * sum(energy, {1});
  });
}

template class Layer<PathGradientLoss>;

}  // namespace tare::nn
