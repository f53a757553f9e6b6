#include "optim/sgd.h"

#include "autograd/ops/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/transform/norm_loss.h"

namespace tare::optim {
namespace {

enum class SgdForm { plain, heavy_ball, nesterov };

template <SgdForm kForm>
struct Sgd {
  template <class T>
  struct Rule {
    static constexpr auto tensors = [] {
      if constexpr (kForm == SgdForm::plain) return std::tuple<>{};
      else return std::tuple{&MomentumState::momentum_buffer};
    }();
    T lr, momentum, fresh, decay, sign;

    Rule(MomentumState& s, const SGDOptions& o) : lr(T(o.lr)), momentum(T(o.momentum)), decay(T(o.weight_decay)), sign(T(o.maximize ? -1 : 1)) {
      // The first gradient enters the buffer whole: dampening holds from the second step on.
      fresh = T(s.step++ == 0 ? 1 : 1 - o.dampening);
    }
    template <class... Buffer>
    void operator()(T& w, T g, Buffer&... buffer) const {
      g = sign * g + decay * w;
      if constexpr (kForm != SgdForm::plain) {
        ((buffer = momentum * buffer + fresh * g, g = kForm == SgdForm::nesterov ? g + momentum * buffer : buffer), ...);
      }
      w -= lr * g;
    }
  };
};

}  // namespace

void SGDOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "dampening", dampening, "weight_decay", weight_decay, "nesterov", nesterov, "maximize", maximize,
               "norm_loss", norm_loss);
}

void SGD::check_options(const SGDOptions& o) {
  Method::check_options(o);
  check_rate(type, "norm_loss", o.norm_loss);
  check<ConfigError>(!o.nesterov || (o.momentum > 0 && o.dampening == 0), "SGD: nesterov needs momentum > 0 and dampening = 0, not momentum = ",
                     o.momentum, " and dampening = ", o.dampening);
}

void SGD::apply(Step& s) {
  for (size_t i = 0; i < s.size(); i++) {
    const SGDOptions& o = options(s.groups[i]);
    if (o.norm_loss == 0 || !s.grads[i].defined()) continue;
    // The rule turns g round for maximize; the pull is downhill either way.
    if (Tensor d = norm_loss_gradient(s.param(i), o.norm_loss); d.defined()) s.grads[i] = o.maximize ? s.grads[i] - d : s.grads[i] + d;
  }
  fuse_where<Sgd<SgdForm::plain>::Rule>(s, *this, [](auto& o) { return o.momentum == 0; });
  fuse_where<Sgd<SgdForm::heavy_ball>::Rule>(s, *this, [](auto& o) { return o.momentum != 0 && !o.nesterov; });
  fuse_where<Sgd<SgdForm::nesterov>::Rule>(s, *this, [](auto& o) { return o.momentum != 0 && o.nesterov; });
}

template class Method<SGD, SGDOptions, MomentumState>;

}  // namespace tare::optim
