#include "optim/sgd.h"

#include "optim/check.h"
#include "optim/elementwise.h"

namespace tare::optim {
namespace {

enum class SgdForm { plain, heavy_ball, nesterov };

template <SgdForm kForm>
struct SgdRule {
  static constexpr auto tensors = [] {
    if constexpr (kForm == SgdForm::plain) return std::tuple<>{};
    else return std::tuple{&SGDState::momentum_buffer};
  }();

  template <class T>
  struct Constants {
    T lr, momentum, fresh, decay, sign;
  };

  template <class T>
  static Constants<T> constants(SGDState& state, const SGDOptions& o) {
    // The first gradient enters the buffer whole: dampening holds from the second step on.
    double fresh = state.step++ == 0 ? 1 : 1 - o.dampening;
    return {T(o.lr), T(o.momentum), T(fresh), T(o.weight_decay), T(o.maximize ? -1 : 1)};
  }

  template <class T, class... Buffer>
  static void update(const Constants<T>& c, T& w, T g, Buffer&... buffer) {
    g = c.sign * g + c.decay * w;
    if constexpr (kForm != SgdForm::plain) {
      ((buffer = c.momentum * buffer + c.fresh * g, g = kForm == SgdForm::nesterov ? g + c.momentum * buffer : buffer), ...);
    }
    w -= c.lr * g;
  }
};

}  // namespace

void SGDOptions::visit(Visitor& v) {
  v.option("lr", lr);
  v.option("momentum", momentum);
  v.option("dampening", dampening);
  v.option("weight_decay", weight_decay);
  v.option("nesterov", nesterov);
  v.option("maximize", maximize);
}

void SGDState::visit(Visitor& v) {
  v.state("momentum_buffer", momentum_buffer);
  v.state("step", step);
}

void SGD::check_options(const SGDOptions& o) {
  check_rate("SGD", "lr", o.lr);
  check_rate("SGD", "momentum", o.momentum);
  check_rate("SGD", "weight_decay", o.weight_decay);
  check<ConfigError>(!o.nesterov || (o.momentum > 0 && o.dampening == 0), "SGD: nesterov needs momentum > 0 and dampening = 0, not momentum = ",
                     o.momentum, " and dampening = ", o.dampening);
}

void SGD::apply(Step& s) {
  fuse<SgdRule<SgdForm::plain>>(s, state_of(), options_of(), [](auto& o) { return o.momentum == 0; });
  fuse<SgdRule<SgdForm::heavy_ball>>(s, state_of(), options_of(), [](auto& o) { return o.momentum != 0 && !o.nesterov; });
  fuse<SgdRule<SgdForm::nesterov>>(s, state_of(), options_of(), [](auto& o) { return o.momentum != 0 && o.nesterov; });
}

}  // namespace tare::optim
