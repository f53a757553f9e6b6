#include "optim/gauss_newton.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "optim/class_gradients.h"
#include "optim/fields.h"
#include "optim/flat.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

Tensor solve_positive(const Tensor& a, const Tensor& b) { return reshape(cholesky_solve(reshape(b, {b.size(0), 1}), cholesky(a)), {b.size(0)}); }

double mean_loss(const Step& s) {
  NoGrad off;
  FrozenStatistics frozen;
  return mean((*s.closure)()).item();
}

}  // namespace

Tensor gauss_newton_direction(const Tensor& jacobian, const Tensor& gradient, double damping) {
  int64_t n = jacobian.size(0), p = jacobian.size(1);
  Tensor across = transpose(jacobian);
  if (p <= n || damping == 0) return solve_positive(matmul(across, jacobian) / double(n) + eye(p, p, jacobian.dtype()) * damping, gradient);
  // (J^T J / n + c I)^-1 = (I - J^T (J J^T + n c I)^-1 J) / c
  Tensor inner = solve_positive(matmul(jacobian, across) + eye(n, n, jacobian.dtype()) * (damping * double(n)), mv(jacobian, gradient));
  return (gradient - mv(across, inner)) / damping;
}

void GaussNewtonOptions::visit(Visitor& v) { list_options(v, "lr", lr, "damping", damping, "adaptive", adaptive, "max_tries", max_tries); }

void GaussNewton::check_options(const GaussNewtonOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.damping > 0 || !o.adaptive, "GaussNewton: an adaptive damping must be positive, not ", o.damping);
  check<ConfigError>(o.max_tries >= 1, "GaussNewton: max_tries must be at least 1, not ", o.max_tries);
}

void GaussNewton::apply(Step& s) {
  const GaussNewtonOptions& o = options();
  double before = loss_of(s, type);
  Tensor losses = reshape(s.loss.detach(), {s.loss.numel()});
  check<ValueError>(losses.numel() == 0 || amin(losses).item() >= 0, "GaussNewton: it takes each loss as half a square, but one is negative");
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) finite_gradient(s, i, type);
  // In double: what is solved squares the condition of J.
  Tensor g = kernels::to(flatten(s.params, s.grads), DType::float64), rows = kernels::to(gradients_of_each(s, type).detach(), DType::float64);
  Tensor r = reshape(sqrt(kernels::to(losses, DType::float64) * 2.0), {losses.numel(), 1});
  Tensor jacobian = where(gt(r, 0), rows / where(gt(r, 0), r, ones_like(r)), zeros_like(rows));
  Tensors weights = copies(s.params.tensors());
  double damping = this->damping();
  for (int64_t k = 0; k < (o.adaptive ? o.max_tries : 1); k++) {
    try {
      Tensors d = unflatten(s.params, gauss_newton_direction(jacobian, g, damping));
      for (size_t i = 0; i < s.size(); i++)
        if (s.grads[i].defined()) add_in_place(s.param(i), d[i], -options(s.groups[i]).lr);
    } catch (const LinAlgError&) {  // too little damping for these numbers
      if (!o.adaptive) throw;
      damping *= 10;
      continue;
    }
    if (!o.adaptive) return;
    if (mean_loss(s) < before) {
      damping_ = damping / 10;
      return;
    }
    for (size_t i = 0; i < s.size(); i++) assign(s.param(i), weights[i]);
    damping *= 10;
  }
  damping_ = damping;
}

void GaussNewton::visit_global_state(Visitor& v) { v.state("damping", damping_); }

template class Method<GaussNewton, GaussNewtonOptions>;

}  // namespace tare::optim
