#include "optim/adadelta.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct AdadeltaRule {
  static constexpr auto tensors = std::tuple{&AdadeltaState::square_avg, &AdadeltaState::acc_delta};
  Ema<T> average;
  T sign, decay, lr, eps;

  AdadeltaRule(AdadeltaState& s, const AdadeltaOptions& o)
      : average(o.rho), sign(T(o.maximize ? -1 : 1)), decay(T(o.weight_decay)), lr(T(o.lr)), eps(T(o.eps)) {
    s.step++;
  }
  void operator()(T& w, T g, T& square, T& delta) const {
    g = sign * g + decay * w;
    square = average(square, g * g);
    T d = std::sqrt(delta + eps) / std::sqrt(square + eps) * g;
    delta = average(delta, d * d);
    w -= lr * d;
  }
};

}  // namespace

void AdadeltaOptions::visit(Visitor& v) { list_options(v, "lr", lr, "rho", rho, "eps", eps, "weight_decay", weight_decay, "maximize", maximize); }
void AdadeltaState::visit(Visitor& v) { list_states(v, "square_avg", square_avg, "acc_delta", acc_delta, "step", step); }

void Adadelta::check_options(const AdadeltaOptions& o) {
  Method::check_options(o);
  check_range(type, "rho", o.rho, 0, 1);
}

void Adadelta::apply(Step& s) { fuse<AdadeltaRule>(s, *this); }

template class Method<Adadelta, AdadeltaOptions, AdadeltaState>;

}  // namespace tare::optim
