#include "optim/yogi.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct YogiRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first;
  T fresh, decay, step_size, inverse_root, eps;
  YogiRule(MomentsState& s, const YogiOptions& o) : first(o.betas[0]), fresh(T(1 - o.betas[1])), decay(T(o.weight_decay)), eps(T(o.eps)) {
    double t = double(++s.step);
    step_size = T(o.lr / correction(o.betas[0], t));
    inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
  }
  static void first_state(MomentsState& s, const YogiOptions& o, const Tensor& w) {
    if (s.exp_avg_sq.defined()) return;
    s.exp_avg_sq = empty(w.shape(), w.dtype());
    kernels::fill(s.exp_avg_sq, o.initial_accumulator_value);
  }
  void operator()(T& w, T g, T& m, T& v) const {
    g += decay * w;
    m = first(m, g);
    v -= fresh * sign_of(v - g * g) * g * g;
    w -= step_size * m / (std::sqrt(v) * inverse_root + eps);
  }
};

}  // namespace

void YogiOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "initial_accumulator_value", initial_accumulator_value, "eps", eps, "weight_decay", weight_decay);
}

void Yogi::check_options(const YogiOptions& o) {
  Method::check_options(o);
  check_rate(type, "initial_accumulator_value", o.initial_accumulator_value);
}

void Yogi::apply(Step& s) { fuse<YogiRule>(s, *this); }

template class Method<Yogi, YogiOptions, MomentsState>;

}  // namespace tare::optim
