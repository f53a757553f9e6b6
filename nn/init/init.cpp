#include "nn/init/init.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "autograd/ops/inplace.h"
#include "core/context.h"
#include "kernels/elementwise.h"
#include "kernels/random_fill.h"

namespace tare::nn::init {
namespace {

double fan(const Shape& shape, FanMode mode) { return double(mode == FanMode::in ? fans(shape).in : fans(shape).out); }

// Writes new numbers into a tensor that exists.
template <class F>
const Tensor& write_start(const Tensor& t, F make) {
  NoGrad off;
  DefaultDtype dtype(t.dtype());
  return copy_(t, make(t.shape()));
}

// Filled number by number in double.
template <class F>
Tensor fill_start(const Shape& shape, F fill) {
  Tensor wide = zeros_raw(shape, DType::float64);
  fill(wide.mutable_data<double>());
  return default_dtype() == DType::float64 ? wide : kernels::to(wide, default_dtype());
}

}  // namespace

Fans fans(const Shape& weight) {
  check<ShapeError>(weight.size() >= 2, "fans: a weight needs at least 2 dimensions, not ", weight);
  int64_t area = weight.slice(2).numel();
  return {weight[1] * area, weight[0] * area};
}

double calculate_gain(std::string_view nonlinearity, double slope) {
  for (std::string_view linear : {"linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid"})
    if (nonlinearity == linear) return 1;
  if (nonlinearity == "tanh") return 5.0 / 3;
  if (nonlinearity == "relu") return std::sqrt(2.0);
  if (nonlinearity == "leaky_relu") return std::sqrt(2 / (1 + slope * slope));
  if (nonlinearity == "selu") return 0.75;
  throw ConfigError(text("calculate_gain: unknown nonlinearity \"", nonlinearity, "\"; there are linear, conv*, sigmoid, tanh, relu, leaky_relu and selu"));
}

Tensor uniform(const Shape& shape, double lo, double hi) {
  if (context().no_init) return empty(shape, default_dtype());
  return kernels::uniform(shape, lo, hi, default_dtype(), default_generator());
}

Tensor normal(const Shape& shape, double mean, double deviation) {
  if (context().no_init) return empty(shape, default_dtype());
  return kernels::normal(shape, mean, deviation, default_dtype(), default_generator());
}

// With Phi the normal distribution function, Phi^-1(u), u uniform between Phi of the two ends.
Tensor trunc_normal(const Shape& shape, double mean, double deviation, double lo, double hi) {
  check<ValueError>(lo < hi && deviation > 0, "trunc_normal: expected lo < hi and a positive deviation, not ", lo, ", ", hi, " and ", deviation);
  if (context().no_init) return empty(shape, default_dtype());
  auto phi = [&](double x) { return 0.5 * std::erfc((mean - x) / deviation * M_SQRT1_2); };
  Tensor u = kernels::uniform(shape, 2 * phi(lo) - 1, 2 * phi(hi) - 1, DType::float64, default_generator());
  Tensor x = kernels::clamp(kernels::add(kernels::mul(kernels::erfinv(u), deviation * M_SQRT2), mean), lo, hi);
  return kernels::to(x, default_dtype());
}

Tensor constant(const Shape& shape, double value) {
  Tensor t = empty(shape, default_dtype());
  kernels::fill(t, value);
  return t;
}
Tensor zeros(const Shape& shape) { return constant(shape, 0); }
Tensor ones(const Shape& shape) { return constant(shape, 1); }

Tensor eye(const Shape& shape) {
  check<ShapeError>(shape.size() == 2, "init::eye: expected a shape of two axes, not ", shape);
  return fill_start(shape, [&](double* to) {
    for (int64_t i = 0; i < std::min(shape[0], shape[1]); i++) to[i * shape[1] + i] = 1;
  });
}

namespace {
// Where the middle of a kernel lies among its places.
int64_t kernel_middle(const Shape& shape) {
  int64_t middle = 0;
  for (int i = 2; i < shape.size(); i++) middle = middle * shape[i] + shape[i] / 2;
  return middle;
}
}  // namespace

Tensor dirac(const Shape& shape, int64_t groups) {
  check<ShapeError>(shape.size() >= 3 && shape.size() <= 5, "init::dirac: expected a convolution's weights of 3 to 5 axes, not ", shape);
  check<ValueError>(groups >= 1 && shape[0] % groups == 0, "init::dirac: ", groups, " groups do not divide ", shape[0], " output channels");
  int64_t area = shape.slice(2).numel(), middle = kernel_middle(shape), each = shape[0] / groups;
  return fill_start(shape, [&](double* to) {
    for (int64_t g = 0; g < groups; g++)
      for (int64_t c = 0; c < std::min(each, shape[1]); c++) to[((g * each + c) * shape[1] + c) * area + middle] = 1;
  });
}

Tensor xavier_uniform(const Shape& shape, double gain) {
  double bound = gain * std::sqrt(6 / (fan(shape, FanMode::in) + fan(shape, FanMode::out)));
  return uniform(shape, -bound, bound);
}
Tensor small_init(const Shape& shape) { return normal(shape, 0, std::sqrt(2 / (5 * fan(shape, FanMode::in)))); }
Tensor xavier_normal(const Shape& shape, double gain) { return normal(shape, 0, gain * std::sqrt(2 / (fan(shape, FanMode::in) + fan(shape, FanMode::out)))); }
Tensor kaiming_uniform(const Shape& shape, double slope, FanMode mode, std::string_view nonlinearity) {
  double bound = calculate_gain(nonlinearity, slope) * std::sqrt(3 / fan(shape, mode));
  return uniform(shape, -bound, bound);
}
Tensor kaiming_normal(const Shape& shape, double slope, FanMode mode, std::string_view nonlinearity) {
  return normal(shape, 0, calculate_gain(nonlinearity, slope) / std::sqrt(fan(shape, mode)));
}

// Gram and Schmidt on normal vectors, each made orthogonal to the earlier ones twice: once leaves what rounding left. The result is uniform over
// orthogonal matrices.
Tensor orthogonal(const Shape& shape, double gain) {
  check<ShapeError>(shape.size() >= 2, "init::orthogonal: expected a shape of at least two axes, not ", shape);
  if (context().no_init) return empty(shape, default_dtype());
  int64_t rows = shape[0], columns = shape.slice(1).numel(), few = std::min(rows, columns), many = std::max(rows, columns);
  Tensor random = kernels::normal({few, many}, 0, 1, DType::float64, default_generator());
  double* v = random.mutable_data<double>();
  for (int64_t i = 0; i < few; i++) {
    double* own = v + i * many;
    for (int64_t k = 0; k < 2 * i; k++) {
      const double* other = v + k % i * many;
      double along = 0;
      for (int64_t j = 0; j < many; j++) along += own[j] * other[j];
      for (int64_t j = 0; j < many; j++) own[j] -= along * other[j];
    }
    double length = 0;
    for (int64_t j = 0; j < many; j++) length += own[j] * own[j];
    for (int64_t j = 0; j < many; j++) own[j] /= std::sqrt(length);
  }
  return fill_start(shape, [&](double* to) {
    for (int64_t i = 0; i < few; i++)
      for (int64_t j = 0; j < many; j++) to[rows <= columns ? i * columns + j : j * columns + i] = gain * v[i * many + j];
  });
}

Tensor delta_orthogonal(const Shape& shape, double gain) {
  check<ShapeError>(shape.size() >= 3 && shape.size() <= 5, "init::delta_orthogonal: expected a convolution's weights of 3 to 5 axes, not ", shape);
  check<ShapeError>(shape[0] >= shape[1], "init::delta_orthogonal: there must be at least as many output channels as input channels, but the shape is ", shape);
  if (context().no_init) return empty(shape, default_dtype());
  int64_t area = shape.slice(2).numel(), middle = kernel_middle(shape);
  Tensor mix = kernels::to(orthogonal({shape[0], shape[1]}, gain), DType::float64);
  return fill_start(shape, [&](double* to) {
    for (int64_t i = 0; i < shape[0] * shape[1]; i++) to[i * area + middle] = mix.data<double>()[i];
  });
}

Tensor sparse(const Shape& shape, double sparsity, double deviation) {
  check<ShapeError>(shape.size() == 2, "init::sparse: expected a shape of two axes, not ", shape);
  check<ValueError>(sparsity >= 0 && sparsity <= 1, "init::sparse: expected a sparsity between 0 and 1, not ", sparsity);
  if (context().no_init) return empty(shape, default_dtype());
  Tensor values = kernels::normal(shape, 0, deviation, DType::float64, default_generator());
  int64_t none = int64_t(std::ceil(sparsity * double(shape[0])));
  double* v = values.mutable_data<double>();
  for (int64_t column = 0; column < shape[1]; column++) {
    Tensor order = kernels::randperm(shape[0], default_generator());
    for (int64_t i = 0; i < none; i++) v[order.data<int64_t>()[i] * shape[1] + column] = 0;
  }
  return kernels::to(values, default_dtype());
}

const Tensor& uniform_(const Tensor& t, double lo, double hi) {
  return write_start(t, [&](const Shape& s) { return uniform(s, lo, hi); });
}
const Tensor& normal_(const Tensor& t, double mean, double deviation) {
  return write_start(t, [&](const Shape& s) { return normal(s, mean, deviation); });
}
const Tensor& trunc_normal_(const Tensor& t, double mean, double deviation, double lo, double hi) {
  return write_start(t, [&](const Shape& s) { return trunc_normal(s, mean, deviation, lo, hi); });
}
const Tensor& constant_(const Tensor& t, double value) {
  return write_start(t, [&](const Shape& s) { return constant(s, value); });
}
const Tensor& zeros_(const Tensor& t) { return constant_(t, 0); }
const Tensor& ones_(const Tensor& t) { return constant_(t, 1); }
const Tensor& eye_(const Tensor& t) { return write_start(t, &eye); }
const Tensor& dirac_(const Tensor& t, int64_t groups) {
  return write_start(t, [&](const Shape& s) { return dirac(s, groups); });
}
const Tensor& xavier_uniform_(const Tensor& t, double gain) {
  return write_start(t, [&](const Shape& s) { return xavier_uniform(s, gain); });
}
const Tensor& small_init_(const Tensor& t) { return write_start(t, small_init); }
const Tensor& xavier_normal_(const Tensor& t, double gain) {
  return write_start(t, [&](const Shape& s) { return xavier_normal(s, gain); });
}
const Tensor& kaiming_uniform_(const Tensor& t, double slope, FanMode mode, std::string_view nonlinearity) {
  return write_start(t, [&](const Shape& s) { return kaiming_uniform(s, slope, mode, nonlinearity); });
}
const Tensor& kaiming_normal_(const Tensor& t, double slope, FanMode mode, std::string_view nonlinearity) {
  return write_start(t, [&](const Shape& s) { return kaiming_normal(s, slope, mode, nonlinearity); });
}
const Tensor& orthogonal_(const Tensor& t, double gain) {
  return write_start(t, [&](const Shape& s) { return orthogonal(s, gain); });
}
const Tensor& delta_orthogonal_(const Tensor& t, double gain) {
  return write_start(t, [&](const Shape& s) { return delta_orthogonal(s, gain); });
}
const Tensor& sparse_(const Tensor& t, double sparsity, double deviation) {
  return write_start(t, [&](const Shape& s) { return sparse(s, sparsity, deviation); });
}

Tensor layer_default(const Shape& weight) {
  double bound = fans(weight).in > 0 ? 1 / std::sqrt(double(fans(weight).in)) : 0;
  return uniform(weight, -bound, bound);
}

Tensor bias_default(const Shape& bias, const Shape& weight) {
  double bound = fans(weight).in > 0 ? 1 / std::sqrt(double(fans(weight).in)) : 0;
  return uniform(bias, -bound, bound);
}

}  // namespace tare::nn::init
