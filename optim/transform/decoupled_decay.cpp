#include "optim/transform/decoupled_decay.h"

#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void DecoupledDecayOptions::visit(Visitor& v) { list_options(v, "lr", lr, "weight_decay", weight_decay); }

void DecoupledDecay::apply(Step& s) {
  if (!s.updates) return;
  for (size_t i = 0; i < s.size(); i++) {
    const DecoupledDecayOptions& o = options(s.groups[i]);
    if (s.grads[i].defined()) scale_in_place(s.param(i), 1 - o.lr * o.weight_decay);
  }
}

template class Method<DecoupledDecay, DecoupledDecayOptions>;

}  // namespace tare::optim
