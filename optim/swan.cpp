#include "optim/swan.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/measure.h"
#include "optim/multi_norm.h"
#include "optim/orthogonalize.h"

namespace tare::optim {

void SWANOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "method", method, "ns_steps", ns_steps, "beta", beta, "rescale", rescale, "eps", eps, "weight_decay", weight_decay);
}

void SWAN::check_options(const SWANOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.ns_steps >= 1, "SWAN: ns_steps must be at least 1, not ", o.ns_steps);
  check<ConfigError>(o.method == "newton_schulz" || o.method == "exact", "SWAN: method must be \"newton_schulz\" or \"exact\", not \"", o.method, "\"");
}

Tensor grad_norm(const Tensor& g, double eps) {
  check<ShapeError>(g.dim() == 2, "grad_norm: expected a matrix but the input is ", g.shape());
  Tensor centred = g - mean(g, {1}, true);
  return centred / (sqrt(mean(square(centred), {1}, true)) + eps);
}

Tensor grad_whitening(const Tensor& g, std::string_view method, int64_t ns_steps, double beta, double eps) {
  check<ShapeError>(g.dim() == 2, "grad_whitening: expected a matrix but the input is ", g.shape());
  if (method == "exact") return polar_factor(g, 1e-6);
  check<ConfigError>(method == "newton_schulz", "grad_whitening: method must be \"newton_schulz\" or \"exact\", not \"", method, "\"");
  bool tall = g.size(0) > g.size(1);
  Tensor x = tall ? transpose(g) : g, a = matmul(x, transpose(x)), one = eye(x.size(0), x.size(0), x.dtype());
  double c = norm_of(a) + eps;
  Tensor y = a / c, z = one;
  for (int64_t i = 0; i < ns_steps; i++) {
    Tensor k = beta * (3 * one - matmul(z, y));
    y = matmul(y, k);
    z = matmul(k, z);
  }
  Tensor w = matmul(z, x) / std::sqrt(c);
  return tall ? contiguous(transpose(w)) : w;
}

void SWAN::update(const Tensor& w, Tensor g, NoState&, const SWANOptions& o) {
  stateless_step(w, g, o.lr, o.weight_decay, [&](const Tensor& x) {
    Tensor normed = grad_norm(x, o.eps), white = grad_whitening(normed, o.method, o.ns_steps, o.beta, o.eps);
    double size = norm_of(white);
    return o.rescale && size > 0 ? white * (norm_of(normed) / size) : white;
  });
}

template class Method<SWAN, SWANOptions>;

}  // namespace tare::optim
