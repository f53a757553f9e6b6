#include "nn/norm/pc_norm.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"
#include "nn/norm/spectrum.h"

namespace tare::nn {
namespace {

constexpr double kStyleEps = 1e-5;

void check_mixture(std::string_view type, int64_t num_features, double eps, double temperature) {
  check_norm_options(type, num_features, eps);
  check<ConfigError>(temperature > 0, type, ": temperature must be positive, not ", temperature);
}

Tensor composed_like(const Tensor& phase_of, const Tensor& amplitude, const Affine& affine) {
  return affine_per_channel(compose(decompose(phase_of), amplitude, phase_of.size(2), phase_of.size(3)), affine.weight(), affine.bias());
}
Tensor amplitude_of(const Tensor& x) { return decompose(x, false).amplitude; }

}  // namespace

void PCNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
}
void CCNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("temperature", temperature);
}
void SCNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("temperature", temperature);
}

PCNorm::PCNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  start_affine({o.num_features});
  running = RunningStatistics(o.num_features, false);
}
PCNorm::PCNorm(int64_t num_features) : PCNorm(Options{.num_features = num_features}) {}

void PCNorm::visit(Visitor& v) {
  visit_affine(v);
  running.visit(v);
}

Tensor PCNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  Tensor n = batch_norm(type, x, running, {}, {}, training(), options.momentum, options.eps);
  return composed_like(x, amplitude_of(n), *this);
}

CCNorm::CCNorm(Options o) : options(o) {
  check_mixture(type, o.num_features, o.eps, o.temperature);
  start_affine({o.num_features});
  mix = Parameter(init::zeros({2}));
  running = RunningStatistics(o.num_features, false);
}
CCNorm::CCNorm(int64_t num_features) : CCNorm(Options{.num_features = num_features}) {}

void CCNorm::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("mix", mix, Role::other);
  running.visit(v);
}

Tensor CCNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  Tensor n = batch_norm(type, x, running, {}, {}, training(), options.momentum, options.eps);
  Tensor centre = training() ? channel_moments(x).mean : running.mean();
  Tensor share = select(softmax(mix() / options.temperature, 0), 0, 0);
  return composed_like(x - per_channel(centre, 4) * share, amplitude_of(n), *this);
}

SCNorm::SCNorm(Options o) : options(o) {
  check_mixture(type, o.num_features, kStyleEps, o.temperature);
  start_affine({o.num_features});
  mix = Parameter(init::zeros({2}));
}
SCNorm::SCNorm(int64_t num_features) : SCNorm(Options{.num_features = num_features}) {}

void SCNorm::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("mix", mix, Role::other);
}

Tensor SCNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  check_positions(type, x);
  Tensor w = softmax(mix() / options.temperature, 0);
  Spectrum s = decompose(x);
  Tensor amplitude = select(w, 0, 0) * amplitude_of(instance_norm(x, {}, {}, kStyleEps)) + select(w, 0, 1) * s.amplitude;
  return affine_per_channel(compose(s, amplitude, x.size(2), x.size(3)), weight(), bias());
}

template class Layer<PCNorm>;
template class Layer<CCNorm>;
template class Layer<SCNorm>;

}  // namespace tare::nn
