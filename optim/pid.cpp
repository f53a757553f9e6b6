#include "optim/pid.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct PIDRule {
  static constexpr auto tensors = std::tuple{&PIDState::i_buffer, &PIDState::d_buffer, &PIDState::grad_buffer};
  Ema<T> difference;
  T decay, lr, momentum, fresh, on_i, on_d;
  bool beginning;
  PIDRule(PIDState& s, const PIDOptions& o)
      : difference(o.momentum), decay(T(o.weight_decay)), lr(T(o.lr)), momentum(T(o.momentum)), fresh(T(1 - o.dampening)), on_i(T(o.integral)),
        on_d(T(o.derivative)), beginning(s.step++ == 0) {}
  void operator()(T& w, T g, T& i, T& d, T& previous) const {
    g += decay * w;
    i = momentum * i + fresh * g;
    d = difference(d, beginning ? T(0) : g - previous);
    previous = g;
    w -= lr * (g + on_i * i + on_d * d);
  }
};

}  // namespace

void PIDOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "dampening", dampening, "integral", integral, "derivative", derivative,
               "weight_decay", weight_decay);
}
void PIDState::visit(Visitor& v) { list_states(v, "i_buffer", i_buffer, "d_buffer", d_buffer, "grad_buffer", grad_buffer, "step", step); }

void PID::apply(Step& s) { fuse<PIDRule>(s, *this); }

template class Method<PID, PIDOptions, PIDState>;

}  // namespace tare::optim
