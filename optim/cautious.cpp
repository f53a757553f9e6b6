#include "optim/cautious.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

/// 1 / max(mean agreement, 1e-3).
double cautious_scale(const std::vector<std::array<double, 1>>& agree, const Here& here) {
  return 1 / std::max(agree[here.index][0] / double(here.w.numel()), 1e-3);
}

template <class T>
struct CautiousMoments {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  CautiousMoments(MomentsState& s, const CautiousAdamWOptions& o) : first(o.betas[0]), second(o.betas[1]) { s.step++; }
  T operator()(T&, T g, T& m, T& v) const {
    m = first(m, g);
    v = second(v, g * g);
    return T(m * g > 0);
  }
};

template <class T>
struct CautiousAdamStep {
  static constexpr bool gradient_was_checked = true;
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  T shrink, step_size, inverse_root, eps;
  CautiousAdamStep(MomentsState& s, const CautiousAdamWOptions& o, const Here& here, const std::vector<std::array<double, 1>>& agree)
      : shrink(T(1 - o.lr * o.weight_decay)), eps(T(o.eps)) {
    double t = double(s.step);
    step_size = T(o.lr / correction(o.betas[0], t) * cautious_scale(agree, here));
    inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
  }
  void operator()(T& w, T g, T& m, T& v) const { w = shrink * w - (m * g > 0 ? step_size * m / (std::sqrt(v) * inverse_root + eps) : T(0)); }
};

template <class T>
struct CautiousLionAgreement {
  static constexpr auto tensors = std::tuple{&MomentState::exp_avg};
  Ema<T> direction;
  CautiousLionAgreement(MomentState& s, const CautiousLionOptions& o) : direction(o.betas[0]) { s.step++; }
  T operator()(T&, T g, T& m) const { return T(direction(m, g) * g > 0); }
};

template <class T>
struct CautiousLionStep {
  static constexpr bool gradient_was_checked = true;
  static constexpr auto tensors = std::tuple{&MomentState::exp_avg};
  Ema<T> direction, average;
  T shrink, lr;
  CautiousLionStep(MomentState&, const CautiousLionOptions& o, const Here& here, const std::vector<std::array<double, 1>>& agree)
      : direction(o.betas[0]), average(o.betas[1]), shrink(T(1 - o.lr * o.weight_decay)), lr(T(o.lr * cautious_scale(agree, here))) {}
  void operator()(T& w, T g, T& m) const {
    T u = direction(m, g);
    w = shrink * w - (u * g > 0 ? lr * sign_of(u) : T(0));
    m = average(m, g);
  }
};

}  // namespace

void CautiousAdamWOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay); }
void CautiousLionOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "weight_decay", weight_decay); }

void CautiousAdamW::apply(Step& s) {
  in_parts(s, [&](Step& part) {
    auto agree = fuse<CautiousMoments>(part, *this);
    fuse<CautiousAdamStep>(part, *this, agree);
  });
}

void CautiousLion::apply(Step& s) {
  in_parts(s, [&](Step& part) {
    auto agree = fuse<CautiousLionAgreement>(part, *this);
    fuse<CautiousLionStep>(part, *this, agree);
  });
}

template class Method<CautiousAdamW, CautiousAdamWOptions, MomentsState>;
template class Method<CautiousLion, CautiousLionOptions, MomentState>;

}  // namespace tare::optim
