#include "optim/laprop.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <bool kCentered, bool kAmsgrad>
struct LaPropForm {
  template <class T>
  struct Rule {
    using S = LaPropState;
    static constexpr auto tensors = std::tuple_cat(std::tuple{&S::exp_avg, &S::exp_avg_sq}, choose<kCentered>(std::tuple{&S::exp_mean_avg_beta2}, std::tuple{}),
                                                   choose<kAmsgrad>(std::tuple{&S::max_exp_avg_sq}, std::tuple{}));
    Ema<T> first, second;
    T step_size, inverse_root, eps, keep;
    bool center;
    Rule(S& s, const LaPropOptions& o) : first(o.betas[0]), second(o.betas[1]), eps(T(o.eps)), keep(T(1 - o.weight_decay)) {
      double t = double(++s.step);
      step_size = T(o.lr / correction(o.betas[0], t)), inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
      center = s.step > o.steps_before_using_centered;
    }
    template <class... More>
    void operator()(T& w, T g, T& m, T& v, More&... more) const {
      auto others = std::tie(more...);
      v = second(v, g * g);
      T variance = v;
      if constexpr (kCentered) {
        T& mean = std::get<0>(others);
        mean = second(mean, g);
        variance = center ? v - mean * mean : v;
      }
      if constexpr (kAmsgrad) {
        T& largest = std::get<kCentered ? 1 : 0>(others);
        variance = largest = std::max(largest, variance);
      }
      T root = std::sqrt(variance) * inverse_root + eps;
      m = first(m, root > 0 ? g / root : T(0));
      w = keep * (w - step_size * m);
    }
  };
};

}  // namespace

void LaPropOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "amsgrad", amsgrad, "centered", centered, "steps_before_using_centered", steps_before_using_centered,
               "eps", eps, "weight_decay", weight_decay);
}
void LaPropState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "exp_mean_avg_beta2", exp_mean_avg_beta2, "max_exp_avg_sq", max_exp_avg_sq,
              "step", step);
}

void LaProp::apply(Step& s) {
  fuse_where<LaPropForm<false, false>::Rule>(s, *this, [](auto& o) { return !o.centered && !o.amsgrad; });
  fuse_where<LaPropForm<false, true>::Rule>(s, *this, [](auto& o) { return !o.centered && o.amsgrad; });
  fuse_where<LaPropForm<true, false>::Rule>(s, *this, [](auto& o) { return o.centered && !o.amsgrad; });
  fuse_where<LaPropForm<true, true>::Rule>(s, *this, [](auto& o) { return o.centered && o.amsgrad; });
}

template class Method<LaProp, LaPropOptions, LaPropState>;

}  // namespace tare::optim
