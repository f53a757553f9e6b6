#include "optim/hutchinson.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"

namespace tare::optim {

HessianProduct::HessianProduct(Step& s, std::string_view who) {
  s.evaluate(true, who);
  grads_ = s.grads;
  for (size_t i = 0; i < s.size(); i++)
    if (s.param(i).requires_grad()) leaves_.push_back(s.param(i)), places_.push_back(i);
  for (Tensor& g : s.grads)
    if (g.defined()) g = g.detach();
  s.loss = s.loss.detach();
}

Tensors HessianProduct::operator()(const Tensors& z) const {
  EnableGrad on;
  Tensor inner;
  for (size_t i : places_) {
    if (!grads_[i].defined() || !grads_[i].requires_grad() || !z[i].defined()) continue;
    Tensor part = sum(grads_[i] * z[i]);
    inner = inner.defined() ? inner + part : part;
  }
  Tensors out(grads_.size());
  if (!inner.defined()) return out;
  Tensors found = grad({inner}, leaves_, {.retain_graph = true, .allow_unused = true});
  for (size_t k = 0; k < places_.size(); k++)
    if (found[k].defined()) out[places_[k]] = found[k].detach();
  return out;
}

Tensors hessian_vector_product(Step& s, const Tensors& z, std::string_view who) { return HessianProduct(s, who)(z); }

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
