#include "nn/norm/uncentered_batch_norm.h"

#include <cmath>
#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/reduce.h"
#include "core/json.h"
#include "nn/norm/channels.h"

namespace tare::nn {

Json NormFactor::to_json() const { return value ? Json(*value) : Json("sqrt_n"); }

void NormFactor::from_json(const Json& json, const std::string& path) {
  value.reset();
  if (!json.is_string()) value = json.as_double(path);
  else check<ConfigError>(json.as_string() == "sqrt_n", path, ": expected \"sqrt_n\" or a number, not \"", json.as_string(), "\"");
}

void UncenteredBatchNorm1dOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("mean_reduction", mean_reduction);
  v.option("factor", factor);
}

UncenteredBatchNorm1d::UncenteredBatchNorm1d(Options o) : options(std::move(o)) { check_norm_options(type, options.num_features, 0); }
UncenteredBatchNorm1d::UncenteredBatchNorm1d(int64_t num_features) : UncenteredBatchNorm1d(Options{.num_features = num_features}) {}

Tensor UncenteredBatchNorm1d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, 2);
  Tensor h = options.mean_reduction ? x - mean(x, {0}, true) : x;
  Tensor length = norm(h, 2, {0}, true);
  double factor = options.factor.value.value_or(std::sqrt(double(x.shape()[0])));
  // Below the smallest normal number 1 / length overflows: such a column counts as zeros.
  double least = x.dtype() == DType::float32 ? double(std::numeric_limits<float>::min()) : std::numeric_limits<double>::min();
  return h * (factor / where(lt(length, least), 1.0, length));
}

// The eigenvalues of X X^T are the squares of X's singular values, which are known to twice as many digits as those of the product would be.
Tensor isometry_gap(const Tensor& x) {
  check<ShapeError>(x.dim() == 2 && x.shape()[0] >= 1 && x.shape()[0] <= x.shape()[1], "isometry_gap: expected X (n, d) with 1 <= n <= d but it is ", x.shape());
  Tensor s = svdvals(x);
  return log(mean(square(s))) - mean(log(s)) * 2;
}

Tensor shaped_activation(const Tensor& x, std::string_view activation, int64_t layer, double exponent) {
  check<ValueError>(layer >= 1, "shaped_activation: layers count from 1, but layer is ", layer);
  Tensor h = x * std::pow(double(layer), exponent);
  if (activation == "tanh") return tanh(h);
  if (activation == "sin") return sin(h);
  check<ConfigError>(activation == "identity", "shaped_activation: expected the activation to be tanh, sin or identity, not \"", activation, "\"");
  return h;
}

template class Layer<UncenteredBatchNorm1d>;

}  // namespace tare::nn
