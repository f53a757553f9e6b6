#include "nn/reparam/elementwise.h"

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "autograd/tape.h"
#include "core/context.h"
#include "nn/reparam/rows.h"

namespace tare::nn {
namespace {
constexpr std::string_view kPositiveMaps[] = {"softplus", "exp"};
}

void PositiveOptions::visit(Visitor& v) { v.option("map", map, kPositiveMaps); }
Positive::Positive(Options o) : options(o) {}
Tensor Positive::weight() { return options.map == Options::Map::exp ? exp(weight_orig()) : softplus(weight_orig()); }

void Positive::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  check_above(type, path, w, 0);
  // log(e^w - 1) = w + log(1 - e^-w), which large w do not overflow.
  weight_orig.start(options.map == Options::Map::exp ? log(w) : w + log(-expm1(-w)), path);
}

Tensor Symmetric::weight() {
  Tensor w = weight_orig();
  return (w + transpose(w)) * 0.5;
}
void Symmetric::accept(const Tensor& w, std::string_view path) { check_square(type, path, w); }

void MaskedOptions::visit(Visitor& v) { v.option("sparsity", sparsity); }
Masked::Masked(Options o) : options(o) { check<ConfigError>(o.sparsity >= 0 && o.sparsity < 1, "Masked: sparsity must be at least 0 and below 1, not ", o.sparsity); }
Tensor Masked::weight() { return where(mask(), weight_orig(), 0.0); }

void Masked::visit(Visitor& visitor) {
  RawWeight::visit(visitor);
  visitor.buffer("weight_mask", mask);
}

void Masked::initialize(const Tensor& w, std::string_view path) {
  if (mask.defined()) {
    check<ShapeError>(mask().shape() == w.shape(), "Masked: the mask ", mask().shape(), " does not fit ", path, " of shape ", w.shape());
    check<DTypeError>(mask().dtype() == DType::boolean, "Masked: the mask of ", path, " must be bool, not ", mask().dtype());
  } else if (int64_t out = int64_t(std::llround(options.sparsity * double(w.numel()))); out > 0) {
    Tensor order = argsort(reshape(abs(w), {w.numel()}));
    Tensor rank = argsort(order);
    mask = Buffer(reshape(ge(rank, out), w.shape()));
  } else {
    mask = Buffer(ne(w, 0.0));
  }
  RawWeight::initialize(w, path);
}

void QuantizedWeightOptions::visit(Visitor& v) {
  v.option("bits", bits);
  v.option("per_channel", per_channel);
}

QuantizedWeight::QuantizedWeight(Options o) : options(o) { check<ConfigError>(o.bits >= 1 && o.bits <= 16, "QuantizedWeight: bits must be between 1 and 16, not ", o.bits); }

Tensor QuantizedWeight::weight() {
  Tensor w = weight_orig(), q;
  {
    NoGrad off;
    Tensor m = options.per_channel ? as_matrix(w) : reshape(w, {1, w.numel()}), sizes = abs(m);
    if (options.bits == 1) {
      q = where(lt(m, 0.0), -1.0, ones_like(m)) * mean(sizes, {1}, true);
    } else {
      Tensor step = amax(sizes, {1}, true) / (std::ldexp(1.0, int(options.bits) - 1) - 1);
      q = where(eq(step, 0.0), m, round(m / step) * step);  // a row of zeros stays
    }
    q = reshape(q, w.shape());
  }
  return custom_vjp("straight_through", q, {w}, [](const Tensors& grads, const Tensors&, const Tensors&, Needs) { return Tensors{grads[0]}; }, Gradient::approximate);
}

template class Reparam<Positive, RawWeight>;
template class Reparam<Symmetric, RawWeight>;
template class Reparam<Masked, RawWeight>;
template class Reparam<QuantizedWeight, RawWeight>;

}  // namespace tare::nn
