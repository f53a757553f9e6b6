#include "optim/normalized_gd.h"

#include <cmath>

#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {
namespace {

double checked_joint_norm(Step& s, std::string_view who) {
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) s.grads[i] = finite_gradient(s, i, who);
  return joint_norm_of(s.grads);
}

}  // namespace

void NormalizedGDOptions::visit(Visitor& v) { list_options(v, "lr", lr, "beta", beta, "eps", eps); }
void ClippedGDOptions::visit(Visitor& v) { list_options(v, "lr", lr, "max_norm", max_norm); }
void SpiderOptions::visit(Visitor& v) { list_options(v, "lr", lr, "q", q, "large_batch", large_batch, "small_batch", small_batch); }
void SpiderState::visit(Visitor& visitor) { list_states(visitor, "v", v, "previous", previous); }

void NormalizedGD::check_options(const NormalizedGDOptions& o) {
  Method::check_options(o);
  check_rate(type, "beta", o.beta);
}

void NormalizedGD::apply(Step& s) {
  double norm = checked_joint_norm(s, type);
  if (norm == 0) return;
  for (size_t i = 0; i < s.size(); i++) {
    const NormalizedGDOptions& o = options(s.groups[i]);
    if (s.grads[i].defined()) add_in_place(s.param(i), s.grads[i], -o.lr / (std::pow(norm, o.beta) + o.eps));
  }
}

void ClippedGD::apply(Step& s) {
  double norm = checked_joint_norm(s, type);
  for (size_t i = 0; i < s.size(); i++) {
    const ClippedGDOptions& o = options(s.groups[i]);
    if (s.grads[i].defined()) add_in_place(s.param(i), s.grads[i], -o.lr * (norm > o.max_norm ? o.max_norm / norm : 1));
  }
}

void Spider::check_options(const SpiderOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.q >= 1 && o.large_batch >= 1 && o.small_batch >= 1, "Spider: q, large_batch and small_batch must be at least 1, not ", o.q, ", ",
                     o.large_batch, " and ", o.small_batch);
}

void Spider::apply(Step& s) {
  bool anew = step_++ % options().q == 0;
  checked_joint_norm(s, type);
  Tensors now = s.grads;
  if (!anew) {
    Excursion away(s);
    for (size_t i = 0; i < s.size(); i++)
      if (state(i).previous.defined()) assign(s.param(i), state(i).previous);
    away.evaluate(type);
    for (size_t i = 0; i < s.size(); i++)
      if (now[i].defined() && state(i).v.defined() && s.grads[i].defined()) now[i] = kernels::add(state(i).v, kernels::sub(now[i], s.grads[i]));
  }
  double norm = joint_norm_of(now);
  for (size_t i = 0; i < s.size(); i++) {
    if (!now[i].defined()) continue;
    state(i).v = now[i];
    state(i).previous = kernels::copy(s.param(i));
    if (norm > 0) add_in_place(s.param(i), now[i], -options(s.groups[i]).lr / norm);
  }
}

void Spider::visit_global_state(Visitor& v) { v.state("step", step_); }

template class Method<NormalizedGD, NormalizedGDOptions>;
template class Method<ClippedGD, ClippedGDOptions>;
template class Method<Spider, SpiderOptions, SpiderState>;

}  // namespace tare::optim
