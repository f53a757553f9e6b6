#include "optim/gravity.h"

#include "autograd/ops/factory.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

template <class T>
struct GravityRule {
  static constexpr auto tensors = std::tuple{&GravityState::v};
  Ema<T> average;
  T lr, largest;
  GravityRule(GravityState& s, const GravityOptions& o, const Here& here) : GravityRule(o, here, double(++s.step)) {}
  GravityRule(const GravityOptions& o, const Here& here, double t) : average((o.beta * t + 1) / (t + 2)), lr(T(o.lr)), largest(T(max_abs_of(here.g))) {}
  static void first_state(GravityState& s, const GravityOptions& o, const Tensor& w) {
    if (!s.v.defined() && o.alpha > 0 && o.lr > 0) s.v = normal(w.shape(), 0, o.alpha / o.lr, w.dtype());
  }
  void operator()(T& w, T g, T& v) const {
    T x = g * largest;
    v = average(v, g / (1 + x * x));
    w -= lr * v;
  }
};

}  // namespace

void GravityOptions::visit(Visitor& v) { list_options(v, "lr", lr, "beta", beta, "alpha", alpha); }
void GravityState::visit(Visitor& visitor) { list_states(visitor, "v", v, "step", step); }

void Gravity::check_options(const GravityOptions& o) {
  Method::check_options(o);
  check_rate(type, "alpha", o.alpha);
}

void Gravity::apply(Step& s) { fuse<GravityRule>(s, *this); }

template class Method<Gravity, GravityOptions, GravityState>;

}  // namespace tare::optim
