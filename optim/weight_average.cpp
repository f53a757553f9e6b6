#include "optim/weight_average.h"

#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {
namespace {

/// average <- average + share (w - average) for all parameters; the first time it is w.
template <class M>
void average_weights(Step& s, M& method, double share) {
  for (size_t i = 0; i < s.size(); i++) {
    Tensor& average = method.state(i).average;
    if (!average.defined()) average = kernels::copy(s.param(i));
    else add_in_place(average, kernels::sub(s.param(i), average), share);
  }
}

}  // namespace

void WeightAverageState::visit(Visitor& v) { v.state("average", average); }
void EMAOptions::visit(Visitor& v) { list_options(v, "decay", decay, "every", every, "warmup", warmup); }
void SWAOptions::visit(Visitor& v) { list_options(v, "start", start, "every", every); }

void EMA::check_options(const EMAOptions& o) {
  check_range(type, "decay", o.decay, 0, 1);
  check<ConfigError>(o.every >= 1, "EMA: every must be at least 1, not ", o.every);
}
void SWA::check_options(const SWAOptions& o) {
  check<ConfigError>(o.start >= 1, "SWA: start must be at least 1, not ", o.start);
  check<ConfigError>(o.every >= 1, "SWA: every must be at least 1, not ", o.every);
}

void EMA::apply(Step& s) {
  base->apply(s);
  const EMAOptions& o = options();
  if (++step_ % o.every != 0) return;
  double n = double(averaged_++), decay = o.warmup ? std::min(o.decay, (1 + n) / (10 + n)) : o.decay;
  average_weights(s, *this, 1 - decay);
}

void SWA::apply(Step& s) {
  base->apply(s);
  const SWAOptions& o = options();
  if (++step_ < o.start || (step_ - o.start) % o.every != 0) return;
  average_weights(s, *this, 1 / double(++averaged_));
}

Tensor EMA::evaluation_weight(size_t i, const Tensor& w) const {
  const WeightAverageState* s = state_or_null(i);
  return s && s->average.defined() ? s->average : base->evaluation_weight(i, w);
}
Tensor SWA::evaluation_weight(size_t i, const Tensor& w) const {
  const WeightAverageState* s = state_or_null(i);
  return s && s->average.defined() ? s->average : base->evaluation_weight(i, w);
}

void EMA::visit_global_state(Visitor& v) { list_states(v, "step", step_, "averaged", averaged_); }
void SWA::visit_global_state(Visitor& v) { list_states(v, "step", step_, "averaged", averaged_); }

template class Wrapper<EMA, EMAOptions, WeightAverageState>;
template class Wrapper<SWA, SWAOptions, WeightAverageState>;

}  // namespace tare::optim
