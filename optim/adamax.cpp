#include "optim/adamax.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct AdamaxRule {
  static constexpr auto tensors = std::tuple{&AdamaxState::exp_avg, &AdamaxState::exp_inf};
  Ema<T> first;
  T beta2, eps, step_size, sign;
  Decay<T> decay;

  template <class Options>
  AdamaxRule(AdamaxState& s, const Options& o)
      : first(o.betas[0]), beta2(T(o.betas[1])), eps(T(o.eps)), step_size(T(o.lr / correction(o.betas[0], double(++s.step)))),
        sign(T(o.maximize ? -1 : 1)), decay(o.lr, o.weight_decay, std::is_same_v<Options, AdamaxWOptions>) {}
  void operator()(T& w, T g, T& m, T& u) const {
    g *= sign;
    decay(w, g);
    m = first(m, g);
    u = std::max(beta2 * u, std::abs(g) + eps);
    w -= step_size * m / u;
  }
};

}  // namespace

void AdamaxOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "maximize", maximize); }
void AdamaxState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_inf", exp_inf, "step", step); }
void AdamaxWOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "maximize", maximize); }

void Adamax::apply(Step& s) { fuse<AdamaxRule>(s, *this); }

void AdamaxW::apply(Step& s) { fuse<AdamaxRule>(s, *this); }

template class Method<Adamax, AdamaxOptions, AdamaxState>;
template class Method<AdamaxW, AdamaxWOptions, AdamaxState>;

}  // namespace tare::optim
