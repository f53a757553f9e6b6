#include "nn/attention/limits.h"

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "core/context.h"

namespace tare::nn {
namespace {

constexpr std::string_view kKinds[] = {"softmax", "ssmax", "sparsemax"};

// max(z - tau, 0) with tau = (sum over the support of z - 1) / (its size). The support, the k largest with 1 + k z_(k) > z_(1) + ... + z_(k), is constant around almost every
// z, so that the ordinary derivative of the formula on it is the paper's g - mean of g.
Tensor sparsemax(const Tensor& z) {
  Tensor support, size;
  {
    NoGrad off;
    Tensor sorted = sort(z, -1, true).values;
    Tensor counts = arange(1.0, double(z.size(-1)) + 1, 1.0, z.dtype());
    size = sum(to(gt(1.0 + counts * sorted, cumsum(sorted, -1)), z.dtype()), {-1}, true);
    // Written so that NaN stays in the support and reaches the result.
    support = logical_not(lt(z, take_along_dim(sorted, clamp(to(size, DType::int64) - 1, 0), -1)));
  }
  Tensor tau = (sum(where(support, z, 0.0), {-1}, true) - 1.0) / size;
  return where(support, z - tau, 0.0);
}

Tensor weights(std::string_view who, const Tensor& l, const Tensor& x, int64_t top_n, double temperature) {
  check<ShapeError>(l.dim() >= 1 && x.dim() == l.dim() + 1 && x.shape().slice(0, l.dim()) == l.shape(), who, ": expected logits (*, L) and values (*, L, d) but they are ",
                    l.shape(), " and ", x.shape());
  check<ValueError>(top_n >= 1 && top_n <= l.size(-1), who, ": top_n must be from 1 to the number of tokens, ", l.size(-1), ", not ", top_n);
  return attention_normalize(l, {.temperature = temperature});
}

/// 1 for the top_n largest, 0 elsewhere, of one more axis.
Tensor selection(const Tensor& alpha, int64_t top_n) {
  NoGrad off;
  Tensor order = narrow(argsort(alpha, -1, true), -1, 0, top_n);
  return unsqueeze(scatter(zeros_like(alpha), -1, order, 1.0), -1);
}

}  // namespace

void AttentionNormalizeOptions::visit(Visitor& v) {
  v.option("kind", kind, kKinds);
  v.option("temperature", temperature);
  v.option("scale", scale);
}

Tensor attention_normalize(const Tensor& l, const AttentionNormalizeOptions& o) {
  check<ConfigError>(o.temperature > 0, "attention_normalize: temperature must be greater than 0, not ", o.temperature);
  check<ShapeError>(l.dim() >= 1 && l.size(-1) >= 1, "attention_normalize: expected logits (*, L) of at least one token but the shape is ", l.shape());
  if (o.kind == AttentionNormalizeOptions::Kind::sparsemax) return sparsemax(l / o.temperature);
  return softmax(o.kind == AttentionNormalizeOptions::Kind::ssmax ? l * (o.scale * std::log(double(l.size(-1)))) : l / o.temperature, -1);
}

SelectionDistance selection_distance(const Tensor& l, const Tensor& x, int64_t top_n, double temperature) {
  Tensor alpha = weights("selection_distance", l, x, top_n, temperature), chosen = selection(alpha, top_n);
  Tensor y = unsqueeze(alpha, -1) * x, s = sum(y * chosen, {-2});
  return {norm(sum(y * (1.0 - chosen), {-2}) - s, 2, {-1}), s};
}

Tensor separable_fraction(const Tensor& l, const Tensor& x, int64_t top_n, double temperature) {
  NoGrad off;
  Tensor alpha = weights("separable_fraction", l, x, top_n, temperature), chosen = selection(alpha, top_n);
  Tensor y = unsqueeze(alpha, -1) * x;
  Tensor distance = norm(y - sum(y * chosen, {-2}, true), 2, {-1}), selected = gt(squeeze(chosen, {-1}), 0);
  Tensor nearest = amin(where(selected, INFINITY, distance), {-1}, true);
  return sum(to(logical_and(selected, lt(distance, nearest)), x.dtype()), {-1}) / double(top_n);
}

Tensor softmax_jacobian_norm(const Tensor& l, double temperature) {
  Tensor alpha = attention_normalize(l, {.temperature = temperature});
  Tensor jacobian = (diag_embed(alpha) - unsqueeze(alpha, -1) * unsqueeze(alpha, -2)) / temperature;
  return select(eigvalsh(jacobian), -1, -1);
}

}  // namespace tare::nn
