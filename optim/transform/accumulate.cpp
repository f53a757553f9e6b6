#include "optim/transform/accumulate.h"

#include "autograd/ops/factory.h"
#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void AccumulateOptions::visit(Visitor& v) { list_options(v, "every", every, "mean", mean); }
void AccumulateState::visit(Visitor& v) { v.state("sum", sum); }

void Accumulate::check_options(const AccumulateOptions& o) { check<ConfigError>(o.every >= 1, "Accumulate: every must be at least 1, not ", o.every); }

void Accumulate::apply(Step& s) {
  const AccumulateOptions& o = options();
  for (size_t i = 0; i < s.size(); i++) {
    if (!s.grads[i].defined()) continue;
    Tensor& sum = state(i).sum;
    if (sum.defined()) add_in_place(sum, s.grads[i]);
    else sum = kernels::copy(s.grads[i]);
  }
  if (s.loss.defined()) loss_ += loss_of(s, type);
  if (++step_ % o.every != 0) return;
  double factor = o.mean ? 1 / double(o.every) : 1;
  Step whole{.params = s.params, .groups = s.groups, .grads = Tensors(s.size())};
  for (size_t i = 0; i < s.size(); i++)
    if (has_state(i) && state(i).sum.defined()) whole.grads[i] = kernels::mul(state(i).sum, factor), state(i).sum = Tensor();
  if (s.loss.defined()) whole.loss = scalar(loss_ * factor, s.loss.dtype());
  loss_ = 0;
  base->apply(whole);
}

void Accumulate::visit_global_state(Visitor& v) { list_states(v, "step", step_, "loss", loss_); }

template class Wrapper<Accumulate, AccumulateOptions, AccumulateState>;

}  // namespace tare::optim
