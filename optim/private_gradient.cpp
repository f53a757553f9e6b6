#include "optim/private_gradient.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/class_gradients.h"
#include "optim/fields.h"
#include "optim/flat.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

Tensor normalized(const Tensor& grads, std::string_view granularity) {
  check<ConfigError>(granularity == "sample" || granularity == "batch", "m_ngp_step: granularity must be \"sample\" or \"batch\", not \"", granularity, "\"");
  if (granularity == "sample") return mean(clip_per_sample(grads), {0});
  Tensor average = mean(grads, {0});
  return average / std::max(1.0, norm_of(average));
}

}  // namespace

Tensor clip_per_sample(const Tensor& grads, double max_norm) {
  check<ShapeError>(grads.dim() == 2 && grads.size(0) > 0, "clip_per_sample: expected a gradient for each sample, (n, p), but the input is ", grads.shape());
  return grads * (max_norm / clamp(norm(grads, 2, {1}, true), max_norm));
}

PrivateStep m_ngp_step(const Tensor& theta, const Tensor& grads, const Tensor& noise, double lr, double sigma, std::string_view granularity) {
  check<ShapeError>(grads.dim() == 2 && theta.dim() == 1 && grads.size(1) == theta.size(0) && noise.shape() == theta.shape(),
                    "m_ngp_step: expected theta (p), gradients (n, p) and noise (p) but they are ", theta.shape(), ", ", grads.shape(), " and ", noise.shape());
  Tensor u = normalized(grads, granularity);
  return {theta - (u + noise * sigma) * lr, u};
}

double gaussian_sigma(double epsilon, double delta, int64_t steps, int64_t num_samples, double clip) {
  check<ConfigError>(epsilon > 0 && delta > 0 && delta < 1 && steps >= 1 && num_samples >= 1 && clip > 0,
                     "gaussian_sigma: expected epsilon > 0, delta in (0, 1), steps, num_samples >= 1 and clip > 0 but they are ", epsilon, ", ", delta, ", ",
                     steps, ", ", num_samples, ", ", clip);
  return 2 * clip / double(num_samples) * std::sqrt(2 * double(steps) * std::log(1 / delta)) / epsilon;
}

void MNGPOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "epsilon", epsilon, "delta", delta, "steps", steps, "num_samples", num_samples, "granularity", granularity, "seed", seed);
}

void MNGP::check_options(const MNGPOptions& o) {
  Method::check_options(o);
  gaussian_sigma(o.epsilon, o.delta, o.steps, o.num_samples);
  check<ConfigError>(o.granularity == "sample" || o.granularity == "batch", "MNGP: granularity must be \"sample\" or \"batch\", not \"", o.granularity, "\"");
}

void MNGP::resize(size_t parameters, size_t groups) {
  check<ConfigError>(groups <= 1, "MNGP: its steps are of all parameters together; it takes no groups");
  Method::resize(parameters, groups);
}

void MNGP::apply(Step& s) {
  const MNGPOptions& o = options();
  Tensor given = std::exchange(given_, Tensor());
  check<StateError>(spent_ < o.steps, "MNGP: the privacy budget of ", o.steps, " steps is spent");
  Tensor grads = given.defined() ? given : gradients_of_each(s, type).detach();
  check<ConfigError>(grads.size(0) == o.num_samples, "MNGP: num_samples is ", o.num_samples, " but there are ", grads.size(0), " losses");
  check<ValueError>(std::isfinite(norm_of(grads)), "MNGP: a sample's gradient is not finite");
  Generator noise(uint64_t(o.seed));
  noise.position = uint64_t(position_);
  Tensor theta = flatten(s.params), xi = randn(theta.shape(), theta.dtype(), &noise);
  position_ = int64_t(noise.position);
  spent_++;
  assign_flat(s.params, m_ngp_step(theta, grads, xi, o.lr, gaussian_sigma(o.epsilon, o.delta, o.steps, o.num_samples), o.granularity).theta);
}

void MNGP::step_samples(const std::vector<std::pair<std::string, Tensor>>& grads) {
  NoGrad off;
  Tensors rows;
  for (auto& p : params()) {
    auto found = std::find_if(grads.begin(), grads.end(), [&](auto& g) { return g.first == p.name; });
    check<ValueError>(found != grads.end(), "MNGP: there are no gradients of parameter \"", p.name, "\"");
    const Tensor& g = found->second;
    check<ShapeError>(g.dim() >= 1 && g.numel() == g.size(0) * p.tensor.numel(), "MNGP: expected the gradients of \"", p.name, "\" to be (n, *",
                      p.tensor.shape(),
                      ") but they are ", g.shape());
    rows.push_back(reshape(g.detach(), {g.size(0), p.tensor.numel()}));
  }
  given_ = rows.empty() ? Tensor() : cat(rows, 1);
  Step s{.params = params(), .groups = groups(), .grads = Tensors(params().size())};
  step_with(s);
}

void MNGP::visit_global_state(Visitor& v) { list_states(v, "spent", spent_, "position", position_); }

template class Method<MNGP, MNGPOptions>;

}  // namespace tare::optim
