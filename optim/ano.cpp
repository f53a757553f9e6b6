#include "optim/ano.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct AnoRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  T lr, shrink, inverse, eps;
  AnoRule(MomentsState& s, const AnoOptions& o)
      : first(o.betas[0]), second(o.betas[1]), lr(T(o.lr)), shrink(T(1 - o.lr * o.weight_decay)),
        inverse(T(1 / correction(o.betas[1], double(++s.step)))), eps(T(o.eps)) {}
  void operator()(T& w, T g, T& m, T& v) const {
    m = first(m, g);
    v = second(v, sign_of(g * g - v) * g * g);
    T variance = v * inverse + eps;
    w = shrink * w - (variance > 0 ? lr * std::abs(g) * sign_of(m) / std::sqrt(variance) : T(0));
  }
};

}  // namespace

void AnoOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay); }

void Ano::apply(Step& s) { fuse<AnoRule>(s, *this); }

template class Method<Ano, AnoOptions, MomentsState>;

}  // namespace tare::optim
