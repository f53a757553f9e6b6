#include "nn/flow/cnf.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

constexpr std::string_view kSolvers[] = {"rk4"};

void check_field_options(std::string_view type, int64_t dim, int64_t hidden, int64_t steps) {
  check<ConfigError>(dim >= 1 && hidden >= 1 && steps >= 1, type, ": dim, hidden and steps must be at least 1, not ", dim, ", ", hidden, " and ", steps);
}

/// f and its trace, the weights read once for a whole integration.
struct Field {
  Tensor inward, of_time, bias1, outward, bias2, diagonal;
  explicit Field(FieldNet& net) {
    Tensor w1 = net.first.weight();
    int64_t dim = w1.size(1) - 1;
    inward = narrow(w1, 1, 0, dim), of_time = select(w1, 1, dim), bias1 = net.first.bias();
    outward = net.last.weight(), bias2 = net.last.bias();
    diagonal = sum(transpose(outward) * inward, {1});
  }
  FieldValue operator()(const Tensor& z, const Tensor& time) const {
    Tensor h = tanh(linear(z, inward, bias1 + of_time * time));
    return {linear(h, outward, bias2), matmul(1.0 - square(h), diagonal)};
  }
};

Tensors integrate(const Field& f, const Tensor& x, const Tensor& end, int64_t steps) {
  Tensor z = x, log_det = zeros({x.size(0)}, x.dtype()), h = end / double(steps);
  for (int64_t n = 0; n < steps; n++) {
    Tensor t = h * double(n);
    FieldValue k1 = f(z, t), k2 = f(z + h * 0.5 * k1.speed, t + h * 0.5), k3 = f(z + h * 0.5 * k2.speed, t + h * 0.5), k4 = f(z + h * k3.speed, t + h);
    z = z + h / 6.0 * (k1.speed + 2.0 * (k2.speed + k3.speed) + k4.speed);
    log_det = log_det + h / 6.0 * (k1.trace + 2.0 * (k2.trace + k3.trace) + k4.trace);
  }
  return {z, log_det};
}

}  // namespace

FieldNet::FieldNet(int64_t dim, int64_t hidden) : first(dim + 1, hidden), last(hidden, dim) {}

void FieldNet::visit(Visitor& v) {
  v.child("net.0", first);
  v.child("net.2", last);
}

FieldValue field_at(FieldNet& net, const Tensor& z, const Tensor& time) { return Field(net)(z, time); }

Tensors integrate_field(FieldNet& net, const Tensor& x, const Tensor& end, int64_t steps, Solver) {
  check<ValueError>(steps >= 1, "integrate_field: steps must be at least 1, not ", steps);
  return integrate(Field(net), x, end, steps);
}

Tensor cnf_nll(const Tensors& integrated) { return -mean(standard_normal_log_prob(integrated[0]) + integrated[1]); }

Tensor end_time_gradient(FieldNet& net, const Tensor& z, const Tensor& end) {
  FieldValue f = field_at(net, z, end);
  return mean(sum(z * f.speed, {1}) - f.trace);
}

void CNFOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("hidden", hidden);
  v.option("steps", steps);
  v.option("solver", solver, kSolvers);
}

CNF::CNF(Options o) : options((check_field_options(type, o.dim, o.hidden, o.steps), o)), net(o.dim, o.hidden), end_time(init::ones({})) {}

void CNF::visit(Visitor& v) {
  net.visit(v);
  v.parameter("end_time", end_time, Role::other);
}

Tensors CNF::forward(const Tensor& x) {
  check_rows(type, x, options.dim);
  return integrate_field(net, x, end_time(), options.steps, options.solver);
}

Tensors CNF::integrate(const Tensor& x, double end, int64_t steps) {
  check_rows(type, x, options.dim);
  return integrate_field(net, x, scalar(end, x.dtype()), steps, options.solver);
}

Tensor CNF::inverse(const Tensor& z) {
  check_rows(type, z, options.dim);
  Field f(net);
  Tensor end = end_time();
  // Time runs backwards: s = T - t, dz/ds = -f(z, T - s).
  Tensor x = z, h = end / double(options.steps);
  for (int64_t n = options.steps; n > 0; n--) {
    Tensor t = h * double(n);
    Tensor k1 = f(x, t).speed, k2 = f(x - h * 0.5 * k1, t - h * 0.5).speed, k3 = f(x - h * 0.5 * k2, t - h * 0.5).speed, k4 = f(x - h * k3, t - h).speed;
    x = x - h / 6.0 * (k1 + 2.0 * (k2 + k3) + k4);
  }
  return x;
}

void CNFTemporalGradientOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("hidden", hidden);
  v.option("steps", steps);
  v.option("end_time", end_time);
  v.option("solver", solver, kSolvers);
}

CNFTemporalGradient::CNFTemporalGradient(Options o) : options((check_field_options(type, o.dim, o.hidden, o.steps), o)), net(o.dim, o.hidden) {
  check<ConfigError>(o.end_time >= 0, "CNFTemporalGradient: end_time must be at least 0, not ", o.end_time);
}

void CNFTemporalGradient::visit(Visitor& v) { net.visit(v); }

Tensors CNFTemporalGradient::forward(const Tensor& x) {
  check_rows(type, x, options.dim);
  Tensor end = scalar(options.end_time, x.dtype());
  Tensors at_end = integrate_field(net, x, end, options.steps, options.solver);
  return {cnf_nll(at_end), end_time_gradient(net, at_end[0], end)};
}

void TemporalUpdateOptions::visit(Visitor& v) {
  v.option("lr", lr);
  v.option("alpha", alpha);
  v.option("t_min", t_min);
  v.option("t_max", t_max);
  v.option("clip", clip);
}

Tensor temporal_update(const Tensor& end_time, const Tensor& gradient, const TemporalUpdateOptions& o) {
  NoGrad off;
  return clamp(end_time - o.lr * clamp(gradient + 2 * o.alpha * end_time, -o.clip, o.clip), o.t_min, o.t_max);
}

TemporalOptimizer::TemporalOptimizer(TemporalUpdateOptions o, double start) : options(o), end_time_(start) {
  check<ConfigError>(o.t_min > 0 && o.t_min <= start && start <= o.t_max && o.lr > 0 && o.clip > 0,
                     "TemporalOptimizer: expected 0 < t_min <= start <= t_max and lr, clip > 0, not t_min ", o.t_min, ", start ", start, ", t_max ", o.t_max, ", lr ", o.lr,
                     " and clip ", o.clip);
}

int64_t TemporalOptimizer::steps(double step_size) const { return std::max<int64_t>(1, int64_t(std::ceil(end_time_ / step_size - 1e-9))); }

void TemporalOptimizer::step(double gradient) {
  end_time_ = temporal_update(scalar(end_time_, DType::float64), scalar(gradient, DType::float64), options).item<double>();
}

template class Layer<CNF>;
template class Layer<CNFTemporalGradient>;

}  // namespace tare::nn
