#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

void check_same_shape(const char* what, const Tensor& x, const Tensor& target) {
  check<ShapeError>(x.shape() == target.shape(), what, ": expected a target of the prediction's shape ", x.shape(), " but it is ", target.shape());
}

// max(log x, -100): the logarithm of a probability that may be 0.
Tensor bounded_log(const Tensor& x) { return clamp(log(x), -100.0); }

}  // namespace

// The derivative in x is (x - t) / (x (1 - x)), its denominator at least 1e-12: a certain and wrong prediction has a gradient, though its loss is
// bounded.
Tensor binary_cross_entropy(const Tensor& x, const Tensor& target, const BCELossOptions& o) {
  check_same_shape("binary_cross_entropy", x, target);
  Tensor dense = kernels::contiguous(x);
  check<ValueError>(x.numel() == 0 || kernels::all(kernels::logical_and(kernels::ge(dense, 0), kernels::le(dense, 1))).item<bool>(),
                    "binary_cross_entropy: predictions must be probabilities between 0 and 1; for logits there is binary_cross_entropy_with_logits");
  Tensor t = to(target, x.dtype());
  Tensor losses;
  {
    NoGrad off;
    losses = -(t * bounded_log(x) + (1.0 - t) * bounded_log(1.0 - x));
  }
  losses = record("binary_cross_entropy", losses, from(x, [x = saved(x), t = saved(t)](const Tensor& grad) {
                    return grad * (*x - t) / clamp(*x * (1.0 - *x), 1e-12);
                  }),
                  from(t, [x = saved(x)](const Tensor& grad) { return grad * (bounded_log(1.0 - *x) - bounded_log(x)); }));
  if (o.weight.defined()) losses = losses * to(o.weight, x.dtype());
  return reduce_loss(losses, o.reduction);
}

// With l = log sigmoid(x): -(w t l + (1 - t)(l - x)) = (1 - t) x - (1 + (w - 1) t) l.
Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& target, const BCEWithLogitsLossOptions& o) {
  check_same_shape("binary_cross_entropy_with_logits", x, target);
  Tensor t = to(target, x.dtype()), l = logsigmoid(x);
  Tensor losses = (1.0 - t) * x - (o.pos_weight.defined() ? ((to(o.pos_weight, x.dtype()) - 1.0) * t + 1.0) * l : l);
  if (o.weight.defined()) losses = losses * to(o.weight, x.dtype());
  return reduce_loss(losses, o.reduction);
}

Tensor kl_div(const Tensor& x, const Tensor& target, const KLDivLossOptions& o) {
  Tensor losses = o.log_target ? exp(target) * (target - x) : xlogy(target, target) - target * x;
  if (o.reduction == KLReduction::batchmean) {
    check<ShapeError>(x.dim() >= 1, "kl_div: the batchmean of a prediction without axes is not defined");
    return sum(losses) / double(x.shape()[0]);
  }
  return reduce_loss(losses, o.reduction == KLReduction::none ? Reduction::none : o.reduction == KLReduction::sum ? Reduction::sum : Reduction::mean);
}

Tensor poisson_nll_loss(const Tensor& x, const Tensor& target, const PoissonNLLLossOptions& o) {
  Tensor losses = o.log_input ? exp(x) - target * x : x - target * log(x + o.eps);
  if (o.full) {
    Tensor t = to(target, x.dtype()), few = le(t, 1), many = where(few, 2.0, t);
    losses = losses + where(few, 0.0, many * log(many) - many + 0.5 * log(2 * M_PI * many));
  }
  return reduce_loss(losses, o.reduction);
}

Tensor gaussian_nll_loss(const Tensor& x, const Tensor& target, const Tensor& variance, const GaussianNLLLossOptions& o) {
  check<ValueError>(o.eps > 0, "gaussian_nll_loss: expected eps above 0, not ", o.eps);
  Tensor var = variance;
  if (var.shape() != x.shape()) {
    bool without_last = x.dim() >= 1 && var.shape() == x.shape().slice(0, x.dim() - 1);
    bool last_is_one = x.dim() >= 1 && var.dim() == x.dim() && var.shape().slice(0, x.dim() - 1) == x.shape().slice(0, x.dim() - 1) && var.shape().back() == 1;
    check<ShapeError>(without_last || last_is_one || var.numel() == 1, "gaussian_nll_loss: expected variances of the prediction's shape ", x.shape(),
                      ", or of that without its last axis, but they are ", var.shape());
    if (without_last && !last_is_one) var = unsqueeze(var, -1);
  }
  check<ValueError>(!kernels::any(kernels::lt(var, 0)).item<bool>(), "gaussian_nll_loss: variances must not be negative");
  var = record("at_least", kernels::maximum(var, o.eps), from(var, [](const Tensor& grad) { return grad; }));
  Tensor losses = 0.5 * (log(var) + square(x - target) / var);
  if (o.full) losses = losses + 0.5 * std::log(2 * M_PI);
  return reduce_loss(losses, o.reduction);
}

}  // namespace tare
