#include "nn/norm/cs_norm.h"

#include <algorithm>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

int64_t gate_width(const CSNormOptions& o) { return o.hidden_features.value_or(std::max<int64_t>(1, o.num_features / 2)); }

}  // namespace

void CSNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("hidden_features", hidden_features);
  v.option("eps", eps);
  v.option("gate_eps", gate_eps);
}

CSNorm::CSNorm(Options o)
    : options((check_norm_options(type, o.num_features, o.eps), o)),
      fc1(o.num_features, gate_width(o)),
      fc2(gate_width(o), o.num_features) {
  start_affine({o.num_features});
  check<ConfigError>(o.gate_eps > 0, "CSNorm: gate_eps must be positive, not ", o.gate_eps);
}
CSNorm::CSNorm(int64_t num_features) : CSNorm(Options{.num_features = num_features}) {}

void CSNorm::visit(Visitor& v) {
  visit_affine(v);
  v.child("fc1", fc1);
  v.child("fc2", fc2);
}

Tensor CSNorm::gate(const Tensor& x) {
  Tensor squared = square(relu(fc2(relu(fc1(mean(x, {2, 3}))))));
  return squared / (squared + options.gate_eps);
}

Tensor CSNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  check_positions(type, x);
  Tensor g = reshape(gate(x), {x.shape()[0], x.shape()[1], 1, 1});
  return g * instance_norm(x, weight(), bias(), options.eps) + (1 - g) * x;
}

template class Layer<CSNorm>;

}  // namespace tare::nn
