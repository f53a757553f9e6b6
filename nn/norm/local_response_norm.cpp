#include "nn/norm/local_response_norm.h"

#include "autograd/ops/norm.h"

namespace tare::nn {

void LocalResponseNormOptions::visit(Visitor& v) {
  v.option("size", size);
  v.option("alpha", alpha);
  v.option("beta", beta);
  v.option("k", k);
}

LocalResponseNorm::LocalResponseNorm(Options o) : options(o) {
  check<ConfigError>(o.size >= 1, "LocalResponseNorm: size must be at least 1, not ", o.size);
}
LocalResponseNorm::LocalResponseNorm(int64_t size) : LocalResponseNorm(Options{.size = size}) {}

Tensor LocalResponseNorm::forward(const Tensor& x) {
  check<ShapeError>(x.dim() >= 2, "LocalResponseNorm: expected an input (N, C, ...) but the input is ", x.shape());
  return local_response_norm(x, options.size, options.alpha, options.beta, options.k);
}

template class Layer<LocalResponseNorm>;

}  // namespace tare::nn
