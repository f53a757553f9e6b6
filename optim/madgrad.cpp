#include "optim/madgrad.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/quotient.h"
#include "optim/scalar_math.h"

namespace tare::optim {
namespace {

template <class T>
struct MADGRADRule {
  static constexpr auto tensors = std::tuple{&MADGRADState::grad_sum_sq, &MADGRADState::s, &MADGRADState::x0};
  T lamb, l2 = 0, decay = 0, momentum, fresh, eps;
  MADGRADRule(MADGRADState& s, const MADGRADOptions& o) : momentum(T(o.momentum)), fresh(T(1 - o.momentum)), eps(T(o.eps)) {
    lamb = T((o.lr + o.eps) * std::sqrt(double(++s.step)));
    if (o.weight_decouple) decay = T((o.lr + o.eps) * o.weight_decay);
    else l2 = T(o.weight_decay);
  }
  static void first_state(MADGRADState& s, const MADGRADOptions&, const Tensor& w) {
    if (!s.x0.defined()) s.x0 = kernels::copy(w);
  }
  void operator()(T& w, T g, T& v, T& s, const T& x0) const {
    g += l2 * w;
    v += lamb * g * g;
    s += lamb * g;
    w = momentum * w + fresh * (x0 - quotient(s, cube_root(v) + eps)) - decay * w;
  }
};

template <class T>
struct MirrorMADGRADRule {
  static constexpr auto tensors = std::tuple{&MirrorMADGRADState::grad_sum_sq, &MirrorMADGRADState::z};
  T keep, rate, l2 = 0, shrink = 1, momentum, fresh, eps;
  MirrorMADGRADRule(MirrorMADGRADState& s, const MirrorMADGRADOptions& o) : momentum(T(o.momentum)), fresh(T(1 - o.momentum)), eps(T(o.eps)) {
    double t = double(++s.step);
    keep = T(std::sqrt((t - 1) / t)), rate = T((o.lr + o.eps) * std::cbrt(t));
    if (o.weight_decouple) shrink = T(1 - (o.lr + o.eps) * o.weight_decay);
    else l2 = T(o.weight_decay);
  }
  static void first_state(MirrorMADGRADState& s, const MirrorMADGRADOptions&, const Tensor& w) {
    if (!s.z.defined()) s.z = kernels::copy(w);
  }
  void operator()(T& w, T g, T& v, T& z) const {
    g += l2 * w;
    v = keep * v + g * g;
    z = shrink * z - rate * quotient(g, cube_root(v) + eps);
    w = momentum * w + fresh * z;
  }
};

}  // namespace

void MADGRADOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "weight_decay", weight_decay, "eps", eps, "weight_decouple", weight_decouple);
}
void MADGRADState::visit(Visitor& v) { list_states(v, "grad_sum_sq", grad_sum_sq, "s", s, "x0", x0, "step", step); }
void MirrorMADGRADOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "weight_decay", weight_decay, "eps", eps, "weight_decouple", weight_decouple);
}
void MirrorMADGRADState::visit(Visitor& v) { list_states(v, "grad_sum_sq", grad_sum_sq, "z", z, "step", step); }

void MADGRAD::check_options(const MADGRADOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
}
void MirrorMADGRAD::check_options(const MirrorMADGRADOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
}

void MADGRAD::apply(Step& s) { fuse<MADGRADRule>(s, *this); }
void MirrorMADGRAD::apply(Step& s) { fuse<MirrorMADGRADRule>(s, *this); }

template class Method<MADGRAD, MADGRADOptions, MADGRADState>;
template class Method<MirrorMADGRAD, MirrorMADGRADOptions, MirrorMADGRADState>;

}  // namespace tare::optim
