#include "optim/hutchinson.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"

namespace tare::optim {

Tensors hessian_vector_product(Step& s, const Tensors& z, std::string_view who) {
  s.evaluate(true, who);
  EnableGrad on;
  Tensor inner;
  Tensors leaves;
  std::vector<size_t> places;
  for (size_t i = 0; i < s.size(); i++) {
    if (!s.param(i).requires_grad()) continue;
    leaves.push_back(s.param(i)), places.push_back(i);
    if (!s.grads[i].defined() || !s.grads[i].requires_grad()) continue;
    Tensor part = sum(s.grads[i] * z[i]);
    inner = inner.defined() ? inner + part : part;
  }
  Tensors out(s.size());
  if (inner.defined()) {
    Tensors found = grad({inner}, leaves, {.allow_unused = true});
    for (size_t k = 0; k < places.size(); k++) out[places[k]] = found[k];
  }
  for (Tensor& g : s.grads)
    if (g.defined()) g = g.detach();
  s.loss = s.loss.detach();
  return out;
}

void Hutchinson::make(Step& s, int64_t every) {
  if (!s.hessians.empty() || !s.closure || every <= 0 || step_++ % every != 0) return;
  Tensors z(s.size());
  for (size_t i = 0; i < s.size(); i++) z[i] = sign(rand(s.param(i).shape(), s.param(i).dtype(), &signs_) - 0.5);
  s.hessians = hessian_vector_product(s, z, "Hutchinson's estimate");
  for (size_t i = 0; i < s.size(); i++)
    if (s.hessians[i].defined()) s.hessians[i] = s.hessians[i].detach() * z[i];
}

void Hutchinson::visit(Visitor& v) {
  int64_t position = int64_t(signs_.position);
  v.state("hutchinson_step", step_);
  v.state("hutchinson_position", position);
  signs_.position = uint64_t(position);
}

}  // namespace tare::optim
