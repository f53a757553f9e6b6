#include "optim/rprop.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct RpropRule {
  static constexpr auto tensors = std::tuple{&RpropState::prev, &RpropState::step_size};
  T sign, shrink, grow, least, most;

  RpropRule(RpropState& s, const RpropOptions& o)
      : sign(T(o.maximize ? -1 : 1)), shrink(T(o.etas[0])), grow(T(o.etas[1])), least(T(o.step_sizes[0])), most(T(o.step_sizes[1])) {
    s.step++;
  }
  static void first_state(RpropState& s, const RpropOptions& o, const Tensor& w) {
    if (s.step_size.defined()) return;
    s.step_size = empty(w.shape(), w.dtype());
    kernels::fill(s.step_size, o.lr);
  }
  void operator()(T& w, T g, T& prev, T& size) const {
    g *= sign;
    T agree = g * prev;
    size = clip(size * (agree > 0 ? grow : agree < 0 ? shrink : T(1)), least, most);
    g = agree < 0 ? T(0) : g;
    w -= sign_of(g) * size;
    prev = g;
  }
};

}  // namespace

void RpropOptions::visit(Visitor& v) { list_options(v, "lr", lr, "etas", etas, "step_sizes", step_sizes, "maximize", maximize); }
void RpropState::visit(Visitor& v) { list_states(v, "prev", prev, "step_size", step_size, "step", step); }

void Rprop::check_options(const RpropOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.etas.size() == 2 && o.etas[0] > 0 && o.etas[0] < 1 && o.etas[1] > 1, "Rprop: etas must be two numbers, 0 < etas.0 < 1 < etas.1");
  check<ConfigError>(o.step_sizes.size() == 2 && o.step_sizes[0] >= 0 && o.step_sizes[0] <= o.step_sizes[1],
                     "Rprop: step_sizes must be two numbers, 0 <= step_sizes.0 <= step_sizes.1");
}

void Rprop::apply(Step& s) { fuse<RpropRule>(s, *this); }

template class Method<Rprop, RpropOptions, RpropState>;

}  // namespace tare::optim
