#include "optim/avagrad.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct AvaGradRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  Decay<T> decay;
  T rate = 0, before = 1, now, eps;
  AvaGradRule(MomentsState& s, const AvaGradOptions& o, double gamma) : first(o.betas[0]), second(o.betas[1]), eps(T(o.eps)) {
    double t = double(++s.step);
    decay = Decay<T>(t > 1 ? o.lr : 0, o.weight_decay, o.weight_decouple);
    now = T(1 / std::sqrt(correction(o.betas[1], t)));
    if (t > 1) rate = T(gamma * o.lr / correction(o.betas[0], t)), before = T(1 / std::sqrt(correction(o.betas[1], t - 1)));
  }
  T operator()(T& w, T g, T& m, T& v) const {
    decay(w, g);
    m = first(m, g);
    T root = std::sqrt(v), scale = root * now + eps, divisor = root * before + eps;
    w -= rate > 0 && divisor > 0 ? rate * m / divisor : T(0);
    v = second(v, g * g);
    return scale > 0 ? 1 / (scale * scale) : T(0);
  }
};

}  // namespace

void AvaGradOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "weight_decouple", weight_decouple, "eps", eps, "weight_decay", weight_decay);
}

void AvaGrad::apply(Step& s) {
  auto sums = fuse<AvaGradRule>(s, *this, gamma_);
  double total = 0, count = 0;
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) total += sums[i][0], count += double(s.param(i).numel());
  if (total > 0) gamma_ = 1 / std::sqrt(total / count);
}

void AvaGrad::visit_global_state(Visitor& v) { v.state("gamma", gamma_); }

template class Method<AvaGrad, AvaGradOptions, MomentsState>;

}  // namespace tare::optim
