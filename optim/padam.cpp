#include "optim/padam.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <bool kAmsgrad>
struct PAdamForm {
  template <class T>
  struct Rule {
    using S = MaxMomentsState;
    static constexpr auto tensors =
        choose<kAmsgrad>(std::tuple{&S::exp_avg, &S::exp_avg_sq, &S::max_exp_avg_sq}, std::tuple{&S::exp_avg, &S::exp_avg_sq});
    Ema<T> first, second;
    T decay, step_size, power, eps;
    Rule(S& s, const PAdamOptions& o)
        : first(o.betas[0]), second(o.betas[1]), decay(T(o.weight_decay)), power(T(2 * o.partial)), eps(T(o.eps)) {
      double t = double(++s.step);
      step_size = T(o.lr * std::sqrt(correction(o.betas[1], t)) / correction(o.betas[0], t));
    }
    template <class... Max>
    void operator()(T& w, T g, T& m, T& v, Max&... max) const {
      g += decay * w;
      m = first(m, g);
      v = second(v, g * g);
      T largest = v;
      if constexpr (kAmsgrad) ((max = max > v ? max : v, largest = max), ...);
      T root = std::sqrt(largest) + eps;
      w -= step_size * m / (power == T(0.5) ? std::sqrt(root) : std::pow(root, power));
    }
  };
};

}  // namespace

void PAdamOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "partial", partial, "amsgrad", amsgrad, "eps", eps, "weight_decay", weight_decay);
}

void PAdam::apply(Step& s) {
  fuse_where<PAdamForm<false>::Rule>(s, *this, [](auto& o) { return !o.amsgrad; });
  fuse_where<PAdamForm<true>::Rule>(s, *this, [](auto& o) { return o.amsgrad; });
}

template class Method<PAdam, PAdamOptions, MaxMomentsState>;

}  // namespace tare::optim
