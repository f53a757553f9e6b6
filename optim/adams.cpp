#include "optim/adams.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <bool kAmsgrad>
struct AdamSForm {
  using S = MaxMomentsState;
  static constexpr auto kSecond = kAmsgrad ? &S::max_exp_avg_sq : &S::exp_avg_sq;
  template <class T>
  struct Moments {
    static constexpr auto tensors =
        choose<kAmsgrad>(std::tuple{&S::exp_avg, &S::exp_avg_sq, &S::max_exp_avg_sq}, std::tuple{&S::exp_avg, &S::exp_avg_sq});
    Ema<T> first, second;
    T inverse;
    Moments(S& s, const AdamSOptions& o) : first(o.betas[0]), second(o.betas[1]), inverse(T(1 / correction(o.betas[1], double(++s.step)))) {}
    template <class... Max>
    T operator()(T&, T g, T& m, T& v, Max&... max) const {
      m = first(m, g);
      v = second(v, g * g);
      T largest = v;
      if constexpr (kAmsgrad) ((max = max > v ? max : v, largest = max), ...);
      return largest * inverse;
    }
  };
  template <class T>
  struct Step {
    static constexpr bool gradient_was_checked = true;
    static constexpr auto tensors = std::tuple{&S::exp_avg, kSecond};
    T shrink, step_size, inverse_root, eps;
    Step(S& s, const AdamSOptions& o, double mean) : eps(T(o.eps)) {
      double t = double(s.step);
      shrink = T(mean > 0 ? 1 - o.lr * o.weight_decay / std::sqrt(mean) : 1);
      step_size = T(o.lr / correction(o.betas[0], t)), inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
    }
    void operator()(T& w, T, T& m, T& v) const {
      T root = std::sqrt(v) * inverse_root + eps;
      w = shrink * w - (root > 0 ? step_size * m / root : T(0));
    }
  };
};

}  // namespace

void AdamSOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "amsgrad", amsgrad, "eps", eps, "weight_decay", weight_decay); }

void AdamS::apply(Step& s) {
  auto plain = fuse_where<AdamSForm<false>::Moments>(s, *this, [](auto& o) { return !o.amsgrad; });
  auto largest = fuse_where<AdamSForm<true>::Moments>(s, *this, [](auto& o) { return o.amsgrad; });
  double total = 0, count = 0;
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) total += plain[i][0] + largest[i][0], count += double(s.param(i).numel());
  double mean = count > 0 ? total / count : 0;
  fuse_where<AdamSForm<false>::Step>(s, *this, [](auto& o) { return !o.amsgrad; }, mean);
  fuse_where<AdamSForm<true>::Step>(s, *this, [](auto& o) { return o.amsgrad; }, mean);
}

template class Method<AdamS, AdamSOptions, MaxMomentsState>;

}  // namespace tare::optim
