#include "nn/norm/feature_norm.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {

void FeatureNormOptions::visit(Visitor& v) {
  v.option("scale_sqrt_dim", scale_sqrt_dim);
  v.option("eps", eps);
}

FeatureNorm::FeatureNorm(Options o) : options(o) { check<ConfigError>(o.eps > 0, "FeatureNorm: eps must be positive, not ", o.eps); }

Tensor FeatureNorm::forward(const Tensor& h) {
  check<ShapeError>(h.dim() >= 2, "FeatureNorm: expected an input (N, ...) but it is ", h.shape());
  int64_t d = h.shape().slice(1).numel();
  Tensor y = normalize(reshape(h, {h.shape()[0], d}), 2, 1, options.eps);
  return reshape(options.scale_sqrt_dim ? y * std::sqrt(double(d)) : y, h.shape());
}

Tensor fedavg(const Tensor& params, const Tensor& counts) {
  check<ShapeError>(params.dim() == 2 && counts.shape() == Shape{params.shape()[0]}, "fedavg: expected parameters (clients, P) and counts (clients) but they are ",
                    params.shape(), " and ", counts.shape());
  Tensor n = to(counts, params.dtype());
  double total = sum(n).item();
  check<ValueError>(total > 0 && !any(lt(n, 0)).item<bool>(), "fedavg: sample counts must be at least 0 and not all 0");
  return matmul(n / total, params);
}

template class Layer<FeatureNorm>;

}  // namespace tare::nn
