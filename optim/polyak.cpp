#include "optim/polyak.h"

#include <limits>

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"
#include "optim/quotient.h"

namespace tare::optim {
namespace {

template <class T>
struct PolyakRule {
  static constexpr auto tensors = std::tuple<>{};
  T rate;
  PolyakRule(NoState&, const PolyakSGDOptions& o, double wanted) : rate(T(std::min(wanted, o.max_lr))) {}
  void operator()(T& w, T g) const { w -= rate * g; }
};

double alig_rate(const AliGOptions& o, double loss, double squares) {
  return std::min(quotient(loss, squares + o.eps), o.max_lr.value_or(std::numeric_limits<double>::infinity()));
}

template <class T>
struct AliGRule {
  static constexpr auto tensors = std::tuple{&MomentumState::momentum_buffer};
  T momentum, into_buffer, of_gradient, of_buffer;
  AliGRule(MomentumState& s, const AliGOptions& o, double loss, double squares) : momentum(T(o.momentum)) {
    double rate = alig_rate(o, loss, squares);
    s.step++;
    into_buffer = T(o.adjusted_momentum ? 1 : rate), of_gradient = T(rate), of_buffer = T(o.adjusted_momentum ? rate * o.momentum : o.momentum);
  }
  void operator()(T& w, T g, T& b) const {
    b = momentum * b - into_buffer * g;
    w += of_buffer * b - of_gradient * g;
  }
};

template <class T>
struct AliGPlainRule {
  static constexpr auto tensors = std::tuple<>{};
  T rate;
  AliGPlainRule(MomentumState& s, const AliGOptions& o, double loss, double squares) : rate(T(alig_rate(o, loss, squares))) { s.step++; }
  void operator()(T& w, T g) const { w -= rate * g; }
};

double squared_norm(const Step& s, std::string_view who) {
  double norm = gradient_norm_of(s, who);
  return norm * norm;
}

}  // namespace

void PolyakSGDOptions::visit(Visitor& v) { list_options(v, "max_lr", max_lr, "f_min", f_min, "eps", eps); }
void AliGOptions::visit(Visitor& v) { list_options(v, "momentum", momentum, "max_lr", max_lr, "adjusted_momentum", adjusted_momentum, "eps", eps); }

void PolyakSGD::check_options(const PolyakSGDOptions& o) {
  Method::check_options(o);
  check_rate(type, "max_lr", o.max_lr);
}
void AliG::check_options(const AliGOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
  check_rate(type, "max_lr", o.max_lr.value_or(0));
}

void PolyakSGD::apply(Step& s) {
  double divisor = squared_norm(s, type) + options().eps, loss = loss_of(s, type);
  if (divisor > std::numeric_limits<double>::epsilon()) fuse<PolyakRule>(s, *this, (loss - options().f_min) / divisor);
}

void AliG::apply(Step& s) {
  double loss = loss_of(s, type), squares = squared_norm(s, type);
  fuse_where<AliGRule>(s, *this, [](auto& o) { return o.momentum > 0; }, loss, squares);
  fuse_where<AliGPlainRule>(s, *this, [](auto& o) { return o.momentum == 0; }, loss, squares);
}

template class Method<PolyakSGD, PolyakSGDOptions>;
template class Method<AliG, AliGOptions, MomentumState>;

}  // namespace tare::optim
