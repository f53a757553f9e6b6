#include "optim/transform/norm_loss.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void NormLossOptions::visit(Visitor& v) { list_options(v, "lambda", lambda, "decoupled", decoupled, "lr", lr); }

Tensor norm_loss_gradient(const Tensor& w, double lambda) {
  if (w.dim() < 2) return {};
  Shape others;
  for (int i = 1; i < w.dim(); i++) others.push_back(i);
  Tensor length = norm(w, 2, others, true);
  return w * (2 * lambda * (1 - 1 / where(gt(length, 0), length, 1.0)));
}

void NormLoss::apply(Step& s) {
  for (size_t i = 0; i < s.size(); i++) {
    const NormLossOptions& o = options(s.groups[i]);
    if (!s.grads[i].defined() || (o.decoupled && !s.updates)) continue;
    Tensor d = norm_loss_gradient(s.param(i), o.lambda);
    if (!d.defined()) continue;
    if (o.decoupled) add_in_place(s.param(i), d, -o.lr);
    else s.grads[i] = s.grads[i] + d;
  }
}

template class Method<NormLoss, NormLossOptions>;

}  // namespace tare::optim
