#include "optim/lookahead.h"

#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void LookaheadOptions::visit(Visitor& v) { list_options(v, "k", k, "alpha", alpha); }
void LookaheadState::visit(Visitor& v) { list_states(v, "slow", slow); }

void Lookahead::check_options(const LookaheadOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.k >= 1, "Lookahead: k must be at least 1, not ", o.k);
  check<ConfigError>(o.alpha >= 0 && o.alpha <= 1, "Lookahead: alpha must be in [0, 1], not ", o.alpha);
}

void Lookahead::apply(Step& s) {
  for (size_t i = 0; i < s.size(); i++)
    if (!state(i).slow.defined()) state(i).slow = kernels::copy(s.param(i));
  base->apply(s);
  if (++step_ % options().k != 0) return;
  for (size_t i = 0; i < s.size(); i++) {
    Tensor& slow = state(i).slow;
    add_in_place(slow, kernels::sub(s.param(i), slow), options(s.groups[i]).alpha);
    assign(s.param(i), slow);
  }
}

void Lookahead::visit_global_state(Visitor& v) { v.state("step", step_); }

template class Wrapper<Lookahead, LookaheadOptions, LookaheadState>;

}  // namespace tare::optim
