#include "optim/sgd_sai.h"

#include "kernels/elementwise.h"
#include "kernels/reduce.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

double signal_to_noise(const Tensor& g, double eps) {
  double deviation = g.numel() > 1 ? std::sqrt(kernels::var(g).item()) : 0;
  double total = deviation + eps;
  return total > 0 ? norm_of(g) / total : 0;
}

template <class T>
struct SGDSaIRule {
  static constexpr auto tensors = std::tuple{&SGDSaIState::momentum_buffer};
  Ema<T> average;
  T shrink, rate;
  bool beginning;
  SGDSaIRule(SGDSaIState& s, const SGDSaIOptions& o, const Here& here)
      : average(o.momentum), shrink(T(1 - o.lr * o.weight_decay)), beginning(s.step++ == 0) {
    if (beginning) s.gsnr = signal_to_noise(here.g, o.eps);
    rate = T(o.lr * s.gsnr);
  }
  void operator()(T& w, T g, T& b) const {
    b = beginning ? g : average(b, g);
    w = shrink * w - rate * b;
  }
};

}  // namespace

void SGDSaIOptions::visit(Visitor& v) { list_options(v, "lr", lr, "momentum", momentum, "eps", eps, "weight_decay", weight_decay); }
void SGDSaIState::visit(Visitor& v) { list_states(v, "gsnr", gsnr, "momentum_buffer", momentum_buffer, "step", step); }

void SGDSaI::check_options(const SGDSaIOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
}

void SGDSaI::apply(Step& s) { fuse<SGDSaIRule>(s, *this); }

template class Method<SGDSaI, SGDSaIOptions, SGDSaIState>;

}  // namespace tare::optim
