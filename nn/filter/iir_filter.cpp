#include "nn/filter/iir_filter.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/lfilter.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/init/init.h"
#include "nn/reparam/rows.h"

namespace tare::nn {

void IIRFilterOptions::visit(Visitor& v) { v.option("order", order); }

IIRFilter::IIRFilter(Options o) : options(o) {
  check<ConfigError>(o.order >= 0, type, ": order must be at least 0, not ", o.order);
  b = Parameter(init::zeros({o.order + 1}));
  init::ones_(narrow(b(), 0, 0, 1));
  a = Parameter(init::zeros({o.order}));
}

void IIRFilter::visit(Visitor& v) {
  v.parameter("b", b);
  v.parameter("a", a);
}

Tensor IIRFilter::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 2, type, ": expected signals (B, T) but the input is ", x.shape());
  return lfilter(b(), a(), x).first;
}

Tensor StableBiquad::weight() {
  Tensor p = weight_orig(), a1 = 2 * tanh(narrow(p, 0, 0, 1)), size = abs(a1);
  return cat({a1, 0.5 * ((2 - size) * tanh(narrow(p, 0, 1, 1)) + size)});
}

void StableBiquad::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  check<ShapeError>(w.shape() == Shape{2}, "StableBiquad: expected ", path, " to be (a_1, a_2) but its shape is ", w.shape());
  auto a = shapes_alone() ? std::vector<double>{0, 0} : w.to_vector<double>();
  double size = std::abs(a[0]), second = (2 * a[1] - size) / (2 - size);
  check<ValueError>(size < 2 && std::abs(second) < 1, "StableBiquad: the poles of ", path, " = (", a[0], ", ", a[1], ") are not inside of the unit circle");
  weight_orig.start(from_vector({std::atanh(a[0] / 2), std::atanh(second)}, {2}, w.dtype()), path);
}

template class Layer<IIRFilter>;
template class Reparam<StableBiquad, RawWeight>;

}  // namespace tare::nn
