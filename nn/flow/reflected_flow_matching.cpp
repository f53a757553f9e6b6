#include "nn/flow/reflected_flow_matching.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"

namespace tare::nn {
namespace {

/// (x - lo) mod 2e, in [0, 2e).
Tensor unfolded(std::string_view what, const Tensor& x, double low, double high) {
  check<ValueError>(low < high, what, ": expected low < high, not ", low, " and ", high);
  return remainder(x - low, 2 * (high - low));
}

Tensor per_sample(const Tensor& t, int64_t axes) {
  std::vector<int64_t> shape(size_t(axes), 1);
  shape[0] = t.size(0);
  return reshape(t, Shape(shape));
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

void check_method(std::string_view method) {
  check<ConfigError>(method == "euler" || method == "heun3", "reflected_ode: method must be euler or heun3, not \"", method, "\"");
}

}  // namespace

Tensor reflect_velocity_sign(const Tensor& x, double low, double high) {
  NoGrad off;
  Tensor r = unfolded("reflect_velocity_sign", x, low, high);
  return 1.0 - 2.0 * to(gt(r, high - low), x.dtype());
}

Tensor reflect_box(const Tensor& x, double low, double high) {
  double e = high - low;
  Tensor folded;
  {
    NoGrad off;
    Tensor r = unfolded("reflect_box", x, low, high);
    folded = low + where(gt(r, e), 2 * e - r, r);
  }
  return record("reflect_box", folded, from(x, [s = reflect_velocity_sign(x, low, high)](const Tensor& grad) { return grad * s; }));
}

FlowPair flow_matching_pair(const Tensor& x0, const Tensor& x1, const Tensor& t) {
  check<ShapeError>(x0.shape() == x1.shape() && x0.dim() >= 1 && t.shape() == Shape{x0.size(0)}, "flow_matching_pair: expected x0 and x1 of one shape (B, ...) and t (B) but they are ",
                    x0.shape(), ", ", x1.shape(), " and ", t.shape());
  Tensor at = per_sample(t, x0.dim());
  return {(1.0 - at) * x0 + at * x1, x1 - x0};
}

Tensor reflected_ode(const Velocity& v, const Tensor& start, int64_t steps, double low, double high, std::string_view method) {
  check_method(method);
  check<ValueError>(steps >= 1, "reflected_ode: steps must be at least 1, not ", steps);
  auto inside = [&](const Tensor& y) { return reflect_box(y, low, high); };
  auto stage = [&](const Tensor& y, double t) { return reflect_velocity_sign(y, low, high) * v(inside(y), t); };
  double h = 1.0 / double(steps);
  Tensor x = start;
  for (int64_t n = 0; n < steps; n++) {
    double t = double(n) / double(steps);
    Tensor k1 = v(x, t);
    if (method == "euler") {
      x = inside(x + h * k1);
    } else {
      Tensor k2 = stage(x + h / 3 * k1, t + h / 3), k3 = stage(x + 2 * h / 3 * k2, t + 2 * h / 3);
      x = inside(x + h * (0.25 * k1 + 0.75 * k3));
    }
  }
  return x;
}

ReflectedFlowMatching::ReflectedFlowMatching(ReflectedFlowMatchingOptions o) : options(std::move(o)) {
  check<ConfigError>(options.low < options.high, "ReflectedFlowMatching: expected low < high, not ", options.low, " and ", options.high);
  check<ConfigError>(options.prior == "truncated_normal" || options.prior == "uniform", "ReflectedFlowMatching: prior must be truncated_normal or uniform, not \"",
                     options.prior, "\"");
  check_method(options.method);
}

Tensor ReflectedFlowMatching::prior(const Shape& shape, DType dtype) const {
  NoGrad off;
  Tensor u = rand(shape, DType::float64);
  if (options.prior == "uniform") return to(options.low + (options.high - options.low) * u, dtype);
  // The inverse of the distribution function: Phi^-1(p) = sqrt(2) erfinv(2 p - 1)
  double from = normal_cdf(options.low), to_end = normal_cdf(options.high);
  return to(clamp(std::sqrt(2.0) * erfinv(2.0 * (from + u * (to_end - from)) - 1.0), options.low, options.high), dtype);
}

Tensor ReflectedFlowMatching::loss(const Model& model, const Tensor& x1) const {
  Tensor t = rand({x1.size(0)}, x1.dtype());
  FlowPair pair = flow_matching_pair(prior(x1.shape(), x1.dtype()), x1, t);
  return mean(square(model(pair.xt, t) - pair.u));
}

Tensor ReflectedFlowMatching::sample(const Model& model, const Shape& shape, int64_t steps, DType dtype) const {
  NoGrad off;
  auto velocity = [&](const Tensor& x, double t) { return model(x, full({x.size(0)}, t, dtype)); };
  return reflected_ode(velocity, prior(shape, dtype), steps, options.low, options.high, options.method);
}

}  // namespace tare::nn
