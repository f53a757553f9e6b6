#include "nn/norm/rms_norm.h"

#include <cmath>
#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"
#include "nn/norm/trailing.h"

namespace tare::nn {
namespace {

constexpr std::string_view kEpsModes[] = {"inside", "outside"};

double machine_epsilon(DType t) { return t == DType::float64 ? std::numeric_limits<double>::epsilon() : double(std::numeric_limits<float>::epsilon()); }

// How many numbers of a row the mean square is taken from.
int64_t measured(const RMSNormOptions& o) {
  int64_t all = o.normalized_shape.numel();
  return o.p < 0 ? all : int64_t(double(all) * o.p);
}

}  // namespace

void RMSNormOptions::visit(Visitor& v) {
  v.option("normalized_shape", normalized_shape);
  v.option("eps", eps);
  v.option("elementwise_affine", elementwise_affine);
  v.option("bias", bias);
  v.option("p", p);
  v.option("eps_mode", eps_mode, kEpsModes);
}

RMSNorm::RMSNorm(Options o) : options(o) {
  check_trailing_options(type, o.normalized_shape, o.eps.value_or(0));
  check<ConfigError>(o.p == -1 || (o.p >= 0 && o.p <= 1), "RMSNorm: expected p between 0 and 1, or -1 for all numbers, not ", o.p);
  check<ConfigError>(measured(o) >= 1, "RMSNorm: p = ", o.p, " of ", o.normalized_shape.numel(), " numbers leaves none to measure");
  if (o.elementwise_affine) weight = Parameter(init::ones(o.normalized_shape));
  if (o.bias) bias = Parameter(init::zeros(o.normalized_shape));
}

RMSNorm::RMSNorm(int64_t normalized_shape) : RMSNorm(Options{.normalized_shape = {normalized_shape}}) {}

void RMSNorm::visit(Visitor& v) {
  v.parameter("weight", weight, Role::norm_scale);
  v.parameter("bias", bias, Role::norm_shift);
}

Tensor RMSNorm::forward(const Tensor& x) {
  check_trailing(type, x, options.normalized_shape);
  int64_t all = options.normalized_shape.numel(), k = measured(options);
  bool inside = options.eps_mode == RMSNormOptions::EpsMode::inside;
  Tensor y;
  if (inside && k == all) {
    y = rms_norm(x, options.normalized_shape, weight(), options.eps);
  } else {
    double eps = options.eps.value_or(machine_epsilon(x.dtype()));
    Shape rows = x.shape().slice(0, x.dim() - options.normalized_shape.size());
    rows.push_back(all);
    Tensor part = narrow(reshape(x, rows), -1, 0, k);
    // norm() has the derivative 0 at a row of zeros, where a square root would have none.
    Tensor divisor = inside ? sqrt(mean(square(part), {-1}, true) + eps) : norm(part, 2, {-1}, true) / std::sqrt(double(k)) + eps;
    rows.back() = 1;
    for (int i = 1; i < options.normalized_shape.size(); i++) rows.push_back(1);
    y = x / reshape(divisor, rows);
    if (weight.defined()) y = y * weight();
  }
  return bias.defined() ? y + bias() : y;
}

template class Layer<RMSNorm>;

}  // namespace tare::nn
