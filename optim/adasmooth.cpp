#include "optim/adasmooth.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct AdaSmoothRule {
  using S = AdaSmoothState;
  static constexpr auto tensors = std::tuple{&S::prev_param, &S::s, &S::n, &S::exp_avg_sq};
  T lr, decay, eps, spread, least;
  AdaSmoothRule(S& s, const AdaSmoothOptions& o)
      : lr(T(o.lr)), decay(T(o.weight_decay)), eps(T(o.eps)), spread(T(o.betas[1] - o.betas[0])), least(T(1 - o.betas[1])) {
    s.step++;
  }
  static void first_state(S& s, const AdaSmoothOptions&, const Tensor& w) {
    if (!s.prev_param.defined()) s.prev_param = kernels::copy(w);
  }
  void operator()(T& w, T g, T& before, T& s, T& n, T& v) const {
    T move = w - before;
    before = w;
    s += move;
    n += std::abs(move);
    g += decay * w;
    T c = spread * std::abs(s) / (n + eps) + least;
    v = (1 - c * c) * v + c * c * g * g;
    w -= lr * g / std::sqrt(v + eps);
  }
};

}  // namespace

void AdaSmoothOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay); }
void AdaSmoothState::visit(Visitor& v) { list_states(v, "prev_param", prev_param, "s", s, "n", n, "exp_avg_sq", exp_avg_sq, "step", step); }

void AdaSmooth::apply(Step& s) { fuse<AdaSmoothRule>(s, *this); }

template class Method<AdaSmooth, AdaSmoothOptions, AdaSmoothState>;

}  // namespace tare::optim
