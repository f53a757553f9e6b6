#include "nn/activation/rectifiers.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"

namespace tare::nn {

Tensor ReLU6::forward(const Tensor& x) { return relu6(x); }
void LeakyReLUOptions::visit(Visitor& v) { v.option("negative_slope", negative_slope); }
LeakyReLU::LeakyReLU(Options o) : options(o) {}
Tensor LeakyReLU::forward(const Tensor& x) { return leaky_relu(x, options.negative_slope); }

void ThresholdOptions::visit(Visitor& v) {
  v.option("threshold", threshold);
  v.option("value", value);
}
Threshold::Threshold(Options o) : options(o) {}
Tensor Threshold::forward(const Tensor& x) { return threshold(x, options.threshold, options.value); }

void HardtanhOptions::visit(Visitor& v) {
  v.option("min_val", min_val);
  v.option("max_val", max_val);
}
Hardtanh::Hardtanh(Options o) : options(o) {
  check<ConfigError>(o.min_val <= o.max_val, "Hardtanh: expected min_val <= max_val, not ", o.min_val, " and ", o.max_val);
}
Tensor Hardtanh::forward(const Tensor& x) { return hardtanh(x, options.min_val, options.max_val); }

Tensor Hardsigmoid::forward(const Tensor& x) { return hardsigmoid(x); }
Tensor Hardswish::forward(const Tensor& x) { return hardswish(x); }
void HardshrinkOptions::visit(Visitor& v) { v.option("lambd", lambd); }
Hardshrink::Hardshrink(Options o) : options(o) {}
Tensor Hardshrink::forward(const Tensor& x) { return hardshrink(x, options.lambd); }

void SoftshrinkOptions::visit(Visitor& v) { v.option("lambd", lambd); }
Softshrink::Softshrink(Options o) : options(o) { check<ConfigError>(o.lambd >= 0, "Softshrink: expected lambd of at least 0, not ", o.lambd); }
Tensor Softshrink::forward(const Tensor& x) { return softshrink(x, options.lambd); }

template class Layer<ReLU6>;
template class Layer<LeakyReLU>;
template class Layer<Threshold>;
template class Layer<Hardtanh>;
template class Layer<Hardsigmoid>;
template class Layer<Hardswish>;
template class Layer<Hardshrink>;
template class Layer<Softshrink>;

}  // namespace tare::nn
