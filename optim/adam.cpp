#include "optim/adam.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

/// Adam's update; kDecoupled: AdamW's decay, kAmsgrad: with the running maximum of v.
template <bool kDecoupled, bool kAmsgrad>
struct AdamForm {
  template <class T>
  struct Rule {
    static constexpr auto tensors = [] {
      if constexpr (kAmsgrad) return std::tuple{&MaxMomentsState::exp_avg, &MaxMomentsState::exp_avg_sq, &MaxMomentsState::max_exp_avg_sq};
      else return std::tuple{&MaxMomentsState::exp_avg, &MaxMomentsState::exp_avg_sq};
    }();
    Ema<T> first, second;
    T sign, decay, step_size, inverse_root, eps;

    template <class Options>
    Rule(MaxMomentsState& s, const Options& o) : first(o.betas[0]), second(o.betas[1]) {
      double t = double(++s.step);
      sign = T(o.maximize ? -1 : 1);
      decay = T(kDecoupled ? 1 - o.lr * o.weight_decay : o.weight_decay);
      step_size = T(o.lr / correction(o.betas[0], t));
      inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
      eps = T(o.eps);
    }
    template <class... Max>
    void operator()(T& w, T g, T& m, T& v, Max&... max) const {
      g *= sign;
      if constexpr (kDecoupled) w *= decay;
      else g += decay * w;
      m = first(m, g);
      v = second(v, g * g);
      T largest = v;
      if constexpr (kAmsgrad) ((max = max > v ? max : v, largest = max), ...);
      w -= step_size * m / (std::sqrt(largest) * inverse_root + eps);
    }
  };
};

}  // namespace

void AdamOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "amsgrad", amsgrad, "maximize", maximize,
               "decoupled_weight_decay", decoupled_weight_decay);
}
void AdamWOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "amsgrad", amsgrad, "maximize", maximize);
}

void Adam::apply(Step& s) {
  fuse_where<AdamForm<false, false>::Rule>(s, *this, [](auto& o) { return !o.amsgrad && !o.decoupled_weight_decay; });
  fuse_where<AdamForm<false, true>::Rule>(s, *this, [](auto& o) { return o.amsgrad && !o.decoupled_weight_decay; });
  fuse_where<AdamForm<true, false>::Rule>(s, *this, [](auto& o) { return !o.amsgrad && o.decoupled_weight_decay; });
  fuse_where<AdamForm<true, true>::Rule>(s, *this, [](auto& o) { return o.amsgrad && o.decoupled_weight_decay; });
}

void AdamW::apply(Step& s) {
  fuse_where<AdamForm<true, false>::Rule>(s, *this, [](auto& o) { return !o.amsgrad; });
  fuse_where<AdamForm<true, true>::Rule>(s, *this, [](auto& o) { return o.amsgrad; });
}

template class Method<Adam, AdamOptions, MaxMomentsState>;
template class Method<AdamW, AdamWOptions, MaxMomentsState>;

}  // namespace tare::optim
