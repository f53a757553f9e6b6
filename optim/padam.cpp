#include "optim/padam.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/scalar_math.h"

namespace tare::optim {
namespace {

/// kRoot: partial is 1/4, so that the power is a root.
template <bool kAmsgrad, bool kRoot>
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
      w -= step_size * m / (kRoot ? std::sqrt(root) : optim::power(root, power));
    }
  };
};

}  // namespace

void PAdamOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "partial", partial, "amsgrad", amsgrad, "eps", eps, "weight_decay", weight_decay);
}

void PAdam::apply(Step& s) {
  auto takes = [](bool amsgrad, bool root) { return [=](const PAdamOptions& o) { return o.amsgrad == amsgrad && (o.partial == 0.25) == root; }; };
  fuse_where<PAdamForm<false, false>::Rule>(s, *this, takes(false, false));
  fuse_where<PAdamForm<false, true>::Rule>(s, *this, takes(false, true));
  fuse_where<PAdamForm<true, false>::Rule>(s, *this, takes(true, false));
  fuse_where<PAdamForm<true, true>::Rule>(s, *this, takes(true, true));
}

template class Method<PAdam, PAdamOptions, MaxMomentsState>;

}  // namespace tare::optim
