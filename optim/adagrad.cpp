#include "optim/adagrad.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct AdagradRule {
  static constexpr auto tensors = std::tuple{&AdagradState::sum};
  T sign, decay, rate, eps;

  AdagradRule(AdagradState& s, const AdagradOptions& o) : sign(T(o.maximize ? -1 : 1)), decay(T(o.weight_decay)), eps(T(o.eps)) {
    rate = T(o.lr / (1 + double(s.step++) * o.lr_decay));
  }
  static void first_state(AdagradState& s, const AdagradOptions& o, const Tensor& w) {
    if (s.sum.defined() || o.initial_accumulator_value == 0) return;
    s.sum = empty(w.shape(), w.dtype());
    kernels::fill(s.sum, o.initial_accumulator_value);
  }
  void operator()(T& w, T g, T& sum) const {
    g = sign * g + decay * w;
    sum += g * g;
    w -= rate * g / (std::sqrt(sum) + eps);
  }
};

}  // namespace

void AdagradOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "lr_decay", lr_decay, "weight_decay", weight_decay, "initial_accumulator_value", initial_accumulator_value, "eps", eps,
               "maximize", maximize);
}
void AdagradState::visit(Visitor& v) { list_states(v, "sum", sum, "step", step); }

void Adagrad::check_options(const AdagradOptions& o) {
  Method::check_options(o);
  check_rate(type, "initial_accumulator_value", o.initial_accumulator_value);
}

void Adagrad::apply(Step& s) { fuse<AdagradRule>(s, *this); }

template class Method<Adagrad, AdagradOptions, AdagradState>;

}  // namespace tare::optim
