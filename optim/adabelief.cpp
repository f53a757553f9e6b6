#include "optim/adabelief.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/rectify.h"

namespace tare::optim {
namespace {

template <bool kAmsgrad>
struct BeliefForm {
  template <class T>
  struct Rule {
    using S = AdaBeliefState;
    static constexpr auto tensors =
        choose<kAmsgrad>(std::tuple{&S::exp_avg, &S::exp_avg_var, &S::max_exp_avg_var}, std::tuple{&S::exp_avg, &S::exp_avg_var});
    Ema<T> first, second;
    Decay<T> decay;
    T step_size, inverse_root, eps;
    bool adaptive = true;

    Rule(S& s, const AdaBeliefOptions& o)
        : first(o.betas[0]), second(o.betas[1]), decay(o.lr, o.weight_decay, o.weight_decouple), eps(T(o.eps)) {
      double t = double(++s.step), root = std::sqrt(correction(o.betas[1], t)), step = o.lr / correction(o.betas[0], t);
      inverse_root = T(1 / root);
      if (o.rectify) {
        Rectification r = rectification(o.betas[1], t);
        adaptive = r.rho >= 5;
        if (adaptive) step *= r.factor * root;
        inverse_root = 1;
      }
      step_size = T(step);
    }
    template <class... Max>
    void operator()(T& w, T g, T& m, T& v, Max&... max) const {
      decay(w, g);
      m = first(m, g);
      v = second(v, (g - m) * (g - m)) + eps;
      T largest = v;
      if constexpr (kAmsgrad) ((max = max > v ? max : v, largest = max), ...);
      w -= step_size * (adaptive ? m / (std::sqrt(largest) * inverse_root + eps) : m);
    }
  };
};

}  // namespace

void AdaBeliefOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "weight_decouple", weight_decouple, "rectify", rectify, "amsgrad", amsgrad, "eps", eps,
               "weight_decay", weight_decay);
}
void AdaBeliefState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_var", exp_avg_var, "max_exp_avg_var", max_exp_avg_var, "step", step);
}

void AdaBelief::apply(Step& s) {
  fuse_where<BeliefForm<false>::Rule>(s, *this, [](auto& o) { return !o.amsgrad; });
  fuse_where<BeliefForm<true>::Rule>(s, *this, [](auto& o) { return o.amsgrad; });
}

template class Method<AdaBelief, AdaBeliefOptions, AdaBeliefState>;

}  // namespace tare::optim
