#include "nn/flow/dgfs.h"

#include <cmath>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/activation/smooth.h"
#include "nn/linear.h"

namespace tare::nn {
namespace {

constexpr double kClip = 1e4;
constexpr int64_t kFrequencies = 16;

/// log N(x; mean, variance I) of each row; variance a number, or (B).
Tensor log_normal(const Tensor& difference, const Tensor& variance) {
  double d = double(difference.size(1));
  return -0.5 * sum(square(difference), {1}) / variance - 0.5 * d * log(2 * std::numbers::pi * variance);
}
Tensor log_normal(const Tensor& difference, double variance) { return log_normal(difference, scalar(variance, difference.dtype())); }

void check_step(std::string_view what, double sigma, double dt) { check<ValueError>(sigma > 0 && dt > 0, what, ": sigma and the step must be above 0, not ", sigma, " and ", dt); }

}  // namespace

Tensor dgfs_subtb_loss(const Tensor& log_flow, const Tensor& log_pf, const Tensor& log_pb, double lambda, int64_t data_ndim) {
  check<ShapeError>(log_pf.dim() == 2 && log_pf.shape() == log_pb.shape() && log_pf.size(1) >= 1 && log_flow.shape() == Shape{log_pf.size(0), log_pf.size(1) + 1},
                    "dgfs_subtb_loss: expected log_flow (B, N + 1), log_pf and log_pb (B, N) but they are ", log_flow.shape(), ", ", log_pf.shape(), " and ", log_pb.shape());
  check<ValueError>(lambda > 0 && data_ndim >= 1, "dgfs_subtb_loss: subtb_lambda must be above 0 and data_ndim at least 1, not ", lambda, " and ", data_ndim);
  int64_t n = log_pf.size(1);
  DType dtype = log_flow.dtype();
  // A_ij = (log F_i - S_i) - (log F_j - S_j), S_i the sum of log PF - log PB before step i.
  Tensor sums = cat({zeros({log_pf.size(0), 1}, dtype), cumsum(log_pf - log_pb, 1)}, 1);
  Tensor level = log_flow - sums;
  Tensor differences = (unsqueeze(level, 2) - unsqueeze(level, 1)) / double(data_ndim);
  std::vector<double> weights(size_t((n + 1) * (n + 1)), 0.0);
  double most = std::max(0.0, double(n - 1) * std::log(lambda)), total = 0;
  for (int64_t i = 0; i <= n; i++)
    for (int64_t j = i + 1; j <= n; j++) total += weights[size_t(i * (n + 1) + j)] = std::exp(double(j - i - 1) * std::log(lambda) - most);
  return sum(mean(square(differences), {0}) * from_vector(weights, {n + 1, n + 1}, dtype)) / total;
}

Tensor dgfs_log_pf(const Tensor& x, const Tensor& x_next, const Tensor& u, double sigma, double dt) {
  check_step("dgfs_log_pf", sigma, dt);
  return log_normal(x_next - x - sigma * dt * u, sigma * sigma * dt);
}

Tensor dgfs_log_pb(const Tensor& t_next, const Tensor& x_next, const Tensor& x_prev, double sigma, double dt) {
  check_step("dgfs_log_pb", sigma, dt);
  Tensor first = le(t_next, dt * (1 + 1e-9));
  // Where the start is known the variance would be 0: any other number keeps the unused branch finite.
  Tensor share = where(first, full_like(t_next, 0.5), (t_next - dt) / t_next);
  Tensor value = log_normal(x_prev - x_next * unsqueeze(share, 1), sigma * sigma * dt * share);
  return where(first, zeros_like(value), value);
}

Tensor dgfs_intermediate_log_reward(const Tensor& x, const Tensor& log_reward, const Tensor& t, double sigma, double t_end) {
  check_step("dgfs_intermediate_log_reward", sigma, t_end);
  Tensor share = t / t_end, variance = clamp(t, 0.01 * t_end) * (sigma * sigma);
  return share * log_reward + (1.0 - share) * log_normal(x, variance);
}

DiffusionGenerativeFlowSampler::DiffusionGenerativeFlowSampler(Options o, TensorFunction energy) : options(o), energy_(std::move(energy)) {
  check<ConfigError>(o.dim >= 1 && o.dt > 0 && o.steps >= 1 && o.sigma > 0 && o.hidden >= 1, "DiffusionGenerativeFlowSampler: expected dim, steps, hidden >= 1 and dt, sigma > 0, not ",
                     o.dim, ", ", o.steps, ", ", o.hidden, ", ", o.dt, " and ", o.sigma);
  int64_t times = 2 * kFrequencies, in = o.dim + times;
  auto network = [&](int64_t inputs, int64_t outputs, double start) {
    Sequential net{Linear(inputs, o.hidden), SiLU{}, Linear(o.hidden, o.hidden), SiLU{}, Linear(o.hidden, outputs)};
    NoGrad off;
    auto& last = dynamic_cast<Linear&>(net[4]);
    zero_(last.weight.leaf());
    fill_(last.bias.leaf(), start);
    return net;
  };
  policy = network(in, o.dim, 0), gate = network(times, 1, 0.01), flow = network(in, 1, 0);
}

Tensor DiffusionGenerativeFlowSampler::time_features(double t, int64_t batch) const {
  NoGrad off;
  Tensor angle = t * linspace(0.1, 100, kFrequencies);
  return expand(cat({sin(angle), cos(angle)}), {batch, 2 * kFrequencies});
}

void DiffusionGenerativeFlowSampler::observe(Trajectory& t, const Tensor& x) const {
  EnableGrad on;
  Tensor at = x.detach().set_requires_grad(), e = energy_(at);
  t.x.push_back(x.detach()), t.energy.push_back(e.detach());
  t.score.push_back(clamp(nan_to_num(grad(sum(e), at).detach()), -kClip, kClip));
}

Tensor DiffusionGenerativeFlowSampler::control(const Trajectory& t, int64_t n) {
  const Tensor& x = t.x[size_t(n)];
  Tensor time = time_features(options.dt * double(n), x.size(0));
  Tensor u = clamp(policy(cat({x, time}, 1)), -kClip, kClip);
  return options.langevin ? u - gate(time) * t.score[size_t(n)] : u;
}

DiffusionGenerativeFlowSampler::Trajectory DiffusionGenerativeFlowSampler::sample(int64_t batch, bool controlled) {
  NoGrad off;
  Trajectory t;
  Tensor x = zeros({batch, options.dim});
  observe(t, x);
  for (int64_t n = 0; n < options.steps; n++) {
    Tensor noise = options.sigma * std::sqrt(options.dt) * randn_like(x);
    x = controlled ? x + options.sigma * options.dt * control(t, n) + noise : x + noise;
    observe(t, x);
  }
  return t;
}

Tensor DiffusionGenerativeFlowSampler::log_flow(const Trajectory& t, int64_t n) {
  const Tensor &x = t.x[size_t(n)], log_reward = -t.energy[size_t(n)];
  if (n == options.steps) return log_reward;
  double time = options.dt * double(n);
  Tensor learned = squeeze(flow(cat({x, time_features(time, x.size(0))}, 1)), {1});
  return learned + dgfs_intermediate_log_reward(x, log_reward, full_like(log_reward, time), options.sigma, end());
}

Tensor DiffusionGenerativeFlowSampler::loss(const Trajectory& t, int64_t first, int64_t last) {
  if (last < 0) last = options.steps;
  check<ValueError>(first >= 0 && first < last && last <= options.steps, "DiffusionGenerativeFlowSampler: expected 0 <= first < last <= ", options.steps, ", not ", first, " and ", last);
  Tensors flows, forward, backward;
  for (int64_t n = first; n <= last; n++) {
    flows.push_back(log_flow(t, n));
    if (n == last) break;
    const Tensor &x = t.x[size_t(n)], &next = t.x[size_t(n) + 1];
    forward.push_back(dgfs_log_pf(x, next, control(t, n), options.sigma, options.dt));
    backward.push_back(dgfs_log_pb(full({x.size(0)}, options.dt * double(n + 1)), next, x, options.sigma, options.dt));
  }
  return dgfs_subtb_loss(stack(flows, 1), stack(forward, 1), stack(backward, 1), options.subtb_lambda, options.dim);
}

Tensor DiffusionGenerativeFlowSampler::log_weights(const Trajectory& t, bool controlled) {
  NoGrad off;
  Tensor w = -t.energy.back();
  for (int64_t n = 0; n < options.steps; n++) {
    const Tensor &x = t.x[size_t(n)], &next = t.x[size_t(n) + 1];
    w = w - dgfs_log_pf(x, next, controlled ? control(t, n) : zeros_like(x), options.sigma, options.dt);
    w = w + dgfs_log_pb(full({x.size(0)}, options.dt * double(n + 1)), next, x, options.sigma, options.dt);
  }
  return w;
}

double DiffusionGenerativeFlowSampler::log_z() {
  NoGrad off;
  Trajectory t;
  observe(t, zeros({1, options.dim}));
  return log_flow(t, 0).item<double>();
}

namespace {

void append(ParameterList& all, Sequential& net, std::string_view name) {
  for (auto p : net.parameters()) {
    p.name = text(name, ".", p.name);
    all.push_back(p);
  }
}

}  // namespace

ParameterList DiffusionGenerativeFlowSampler::policy_parameters() {
  ParameterList all;
  append(all, policy, "policy");
  if (options.langevin) append(all, gate, "gate");
  return all;
}

ParameterList DiffusionGenerativeFlowSampler::flow_parameters() {
  ParameterList all;
  append(all, flow, "flow");
  return all;
}

}  // namespace tare::nn
