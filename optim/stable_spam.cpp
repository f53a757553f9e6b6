#include "optim/stable_spam.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

/// |g|^2 after clipping.
template <class T>
struct SpikeClip {
  static constexpr auto tensors = std::tuple{};
  T bound, shrink;
  SpikeClip(StableSPAMState& s, const StableSPAMOptions& o, const Here& here) {
    double top = max_abs_of(here.g), t = double(++s.step);
    s.m_max_t = o.theta * s.m_max_t + (1 - o.theta) * top;
    set(s.m_max_t / correction(o.theta, t), top);
  }
  /// For the second pass.
  SpikeClip(StableSPAMState& s, const StableSPAMOptions& o, double top) { set(s.m_max_t / correction(o.theta, double(s.step)), top); }
  void set(double c, double top) { bound = T(c), shrink = T(top > 0 ? c / top : 1); }
  T clipped(T g) const { return std::abs(g) > bound ? g * shrink : g; }
  T operator()(T&, T g) const { return clipped(g) * clipped(g); }
};

template <class T>
struct SpamStep {
  static constexpr bool gradient_was_checked = true;
  static constexpr auto tensors = std::tuple{&StableSPAMState::exp_avg, &StableSPAMState::exp_avg_sq};
  SpikeClip<T> spikes;
  Ema<T> first, second;
  T scale, shrink, step_size, inverse_root, eps;
  SpamStep(StableSPAMState& s, const StableSPAMOptions& o, const Here& here, const std::vector<std::array<double, 1>>& squares)
      : spikes(s, o, max_abs_of(here.g)), first(o.betas[0]), second(o.betas[1]), shrink(T(1 - o.lr * o.weight_decay)), eps(T(o.eps)) {
    double t = double(s.step), n = std::sqrt(squares[here.index][0]);
    s.m_norm_t = o.gamma1 * s.m_norm_t + (1 - o.gamma1) * n;
    s.v_norm_t = o.gamma2 * s.v_norm_t + (1 - o.gamma2) * n * n;
    double a = s.m_norm_t / correction(o.gamma1, t), b = s.v_norm_t / correction(o.gamma2, t), below = n * (std::sqrt(b) + o.eps);
    scale = T(below > 0 ? a / below : 0);
    step_size = T(o.lr / correction(o.betas[0], t)), inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
  }
  void operator()(T& w, T g, T& m, T& v) const {
    g = spikes.clipped(g) * scale;
    m = first(m, g);
    v = second(v, g * g);
    w = shrink * w - step_size * m / (std::sqrt(v) * inverse_root + eps);
  }
};

}  // namespace

void StableSPAMOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "gamma1", gamma1, "gamma2", gamma2, "theta", theta, "eps", eps, "weight_decay", weight_decay);
}
void StableSPAMState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "m_norm_t", m_norm_t, "v_norm_t", v_norm_t, "m_max_t", m_max_t, "step", step);
}

void StableSPAM::check_options(const StableSPAMOptions& o) {
  Method::check_options(o);
  check_range(type, "gamma1", o.gamma1, 0, 1);
  check_range(type, "gamma2", o.gamma2, 0, 1);
  check_range(type, "theta", o.theta, 0, 1);
}

void StableSPAM::apply(Step& s) {
  in_parts(s, [&](Step& part) {
    auto squares = fuse<SpikeClip>(part, *this);
    fuse<SpamStep>(part, *this, squares);
  });
}

template class Method<StableSPAM, StableSPAMOptions, StableSPAMState>;

}  // namespace tare::optim
