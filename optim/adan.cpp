#include "optim/adan.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct AdanRule {
  static constexpr auto tensors = std::tuple{&AdanState::exp_avg, &AdanState::exp_avg_diff, &AdanState::exp_avg_sq, &AdanState::pre_grad};
  Ema<T> first, second, third;
  T beta2, on_m, on_v, inverse_root3, eps, before, after;
  bool beginning;

  AdanRule(AdanState& s, const AdanOptions& o) : first(o.betas[0]), second(o.betas[1]), third(o.betas[2]), beta2(T(o.betas[1])), eps(T(o.eps)) {
    double t = double(++s.step);
    beginning = s.step == 1;
    on_m = T(o.lr / correction(o.betas[0], t));
    on_v = T(o.lr * o.betas[1] / correction(o.betas[1], t));
    inverse_root3 = T(1 / std::sqrt(correction(o.betas[2], t)));
    before = T(o.no_prox ? 1 - o.lr * o.weight_decay : 1);
    after = T(o.no_prox ? 1 : 1 / (1 + o.lr * o.weight_decay));
  }
  void operator()(T& w, T g, T& m, T& v, T& n, T& previous) const {
    T d = beginning ? T(0) : g - previous;
    T look = g + beta2 * d;
    m = first(m, g);
    v = second(v, d);
    n = third(n, look * look);
    w = (before * w - (on_m * m + on_v * v) / (std::sqrt(n) * inverse_root3 + eps)) * after;
    previous = g;
  }
};

}  // namespace

void AdanOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "no_prox", no_prox); }
void AdanState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_diff", exp_avg_diff, "exp_avg_sq", exp_avg_sq, "pre_grad", pre_grad, "step", step);
}

void Adan::apply(Step& s) { fuse<AdanRule>(s, *this); }

template class Method<Adan, AdanOptions, AdanState>;

}  // namespace tare::optim
