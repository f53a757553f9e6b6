#include "optim/stable_adamw.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

double debiased_beta(double beta, double t) { return beta * correction(beta, t - 1) / correction(beta, t); }

template <class T>
struct StableMoments {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  T least;
  StableMoments(MomentsState& s, const StableAdamWOptions& o)
      : first(debiased_beta(o.betas[0], double(++s.step))), second(debiased_beta(o.betas[1], double(s.step))), least(T(o.eps * o.eps)) {}
  T operator()(T&, T g, T& m, T& v) const {
    m = first(m, g);
    v = second(v, g * g);
    return g == 0 ? T(0) : g * g / std::max(v, least);
  }
};

template <class T>
struct StableStep {
  static constexpr bool gradient_was_checked = true;
  static constexpr auto tensors = StableMoments<T>::tensors;
  T shrink, rate, eps;
  StableStep(MomentsState&, const StableAdamWOptions& o, const Here& here, const std::vector<std::array<double, 1>>& ratios) : eps(T(o.eps)) {
    double a = o.lr / std::max(1.0, std::sqrt(ratios[here.index][0] / double(here.w.numel())));
    shrink = T(1 - a * o.weight_decay), rate = T(a);
  }
  void operator()(T& w, T, T& m, T& v) const {
    T root = std::sqrt(v) + eps;
    w = shrink * w - (root > 0 ? rate * m / root : T(0));
  }
};

}  // namespace

void StableAdamWOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay); }

void StableAdamW::apply(Step& s) {
  in_parts(s, [&](Step& part) {
    auto ratios = fuse<StableMoments>(part, *this);
    fuse<StableStep>(part, *this, ratios);
  });
}

template class Method<StableAdamW, StableAdamWOptions, MomentsState>;

}  // namespace tare::optim
