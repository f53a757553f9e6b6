#include "optim/aggmo.h"

#include "kernels/elementwise.h"
#include "kernels/multi_tensor.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void AggMoOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "weight_decay", weight_decay); }
void AggMoState::visit(Visitor& v) { list_states(v, "momentum_buffer", momentum_buffer, "step", step); }

void AggMo::check_options(const AggMoOptions& o) {
  check_rate(type, "lr", o.lr);
  check_rate(type, "weight_decay", o.weight_decay);
  check<ConfigError>(!o.betas.empty(), "AggMo: betas needs at least one number");
  check_betas(type, o.betas, o.betas.size());
}

void AggMo::update(const Tensor& w, Tensor g, AggMoState& s, const AggMoOptions& o) {
  s.step++;
  if (o.weight_decay != 0) g = kernels::add(g, kernels::mul(w, o.weight_decay));
  s.momentum_buffer.resize(o.betas.size());
  for (size_t i = 0; i < o.betas.size(); i++) {
    Tensor& b = zeros_on_first_use(s.momentum_buffer[i], w);
    kernels::axpby(1, {&g, 1}, o.betas[i], {&b, 1});
    add_in_place(w, b, -o.lr / double(o.betas.size()));
  }
}

template class Method<AggMo, AggMoOptions, AggMoState>;

}  // namespace tare::optim
