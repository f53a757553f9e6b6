#include "optim/madam.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"
#include "optim/scalar_math.h"

namespace tare::optim {
namespace {

template <class T>
struct MadamRule {
  static constexpr auto tensors = std::tuple{&MadamState::exp_avg_sq};
  Ema<T> average;
  T lr, bound, largest, inverse;

  MadamRule(MadamState& s, const MadamOptions& o, const Here& here) : average(o.beta), lr(T(o.lr)), bound(T(o.g_bound)) {
    if (s.step++ == 0) s.max = o.p_scale * rms_of(here.w);
    largest = T(s.max), inverse = T(1 / correction(o.beta, double(s.step)));
  }
  void operator()(T& w, T g, T& v) const {
    v = average(v, g * g);
    T root = std::sqrt(v * inverse);
    T d = clip(root > 0 ? g / root : T(0), -bound, bound);
    w = clip(w * exponential(-lr * d * sign_of(w)), -largest, largest);
  }
};

}  // namespace

void MadamOptions::visit(Visitor& v) { list_options(v, "lr", lr, "beta", beta, "p_scale", p_scale, "g_bound", g_bound); }
void MadamState::visit(Visitor& v) { list_states(v, "exp_avg_sq", exp_avg_sq, "max", max, "step", step); }

void Madam::check_options(const MadamOptions& o) {
  Method::check_options(o);
  check_range(type, "beta", o.beta, 0, 1);
  check_rate(type, "p_scale", o.p_scale);
  check_rate(type, "g_bound", o.g_bound);
}

void Madam::apply(Step& s) { fuse<MadamRule>(s, *this); }

template class Method<Madam, MadamOptions, MadamState>;

}  // namespace tare::optim
