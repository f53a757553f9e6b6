#include "optim/zeroth_order.h"

#include "autograd/ops/factory.h"
#include "core/context.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"
#include "optim/inplace.h"

namespace tare::optim {

ZeroOrderGradient zo_gradient(const std::function<Tensor()>& loss, const Tensor& p, double mu, int64_t n, uint64_t seed) {
  check<ValueError>(mu > 0 && n >= 1, "zo_gradient: mu must be greater than 0 and n at least 1, not ", mu, " and ", n);
  NoGrad off;
  struct PutBack {
    const Tensor& p;
    Tensor before = kernels::copy(p);
    ~PutBack() { kernels::copy_into(p, before); }
  } kept{p};
  Generator random(seed);
  ZeroOrderGradient out{zeros(p.shape(), p.dtype()), loss().item()};
  for (int64_t i = 0; i < n; i++) {
    Tensor z = randn(p.shape(), p.dtype(), &random);
    assign(p, kernels::add(kept.before, kernels::mul(z, mu)));
    kernels::add_into(out.g, z, (loss().item() - out.loss) / mu);
  }
  assign(p, kept.before);
  return out;
}

Tensor partial_uniform_timesteps(int64_t count, int64_t low, int64_t high, Generator* generator) {
  check<ValueError>(low >= 0 && high > low, "partial_uniform_timesteps: expected 0 <= low < high, not ", low, " and ", high);
  return randint(low, high, {count}, generator);
}

Int8Tensor quantize_int8(const Tensor& w) {
  NoGrad off;
  double largest = w.numel() ? kernels::amax(kernels::abs(w), {}, false).item() : 0, scale = largest > 0 ? largest / 127 : 1;
  return {kernels::to(kernels::add(kernels::round(kernels::div(w, scale)), 128.0), DType::uint8), scale};
}

Tensor dequantize_int8(const Int8Tensor& q, DType dtype) { return kernels::mul(kernels::sub(kernels::to(q.codes, dtype), 128.0), q.scale); }

}  // namespace tare::optim
