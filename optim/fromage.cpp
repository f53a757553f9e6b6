#include "optim/fromage.h"

#include <cmath>

#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void FromageOptions::visit(Visitor& v) { list_options(v, "lr", lr, "p_bound", p_bound); }
void FromageState::visit(Visitor& v) { list_states(v, "max", max, "step", step); }

void Fromage::check_options(const FromageOptions& o) {
  Method::check_options(o);
  check<ConfigError>(!o.p_bound || *o.p_bound > 0, "Fromage: p_bound must be positive, not ", o.p_bound.value_or(1));
}

void Fromage::update(const Tensor& w, Tensor g, FromageState& s, const FromageOptions& o) {
  double norm = norm_of(w), slope = norm_of(g);
  if (s.step++ == 0 && o.p_bound) s.max = *o.p_bound * norm;
  double stretch = norm > 0 && slope > 0 ? norm / slope : 1;
  if (stretch > 1e37) stretch = 1;  // infinite in float32: a gradient this small has underflowed and lost its direction
  add_in_place(w, g, -o.lr * stretch);
  scale_in_place(w, 1 / std::sqrt(1 + o.lr * o.lr));
  if (!o.p_bound) return;
  if (norm = norm_of(w); norm > s.max) scale_in_place(w, s.max / norm);
}

template class Method<Fromage, FromageOptions, FromageState>;

}  // namespace tare::optim
