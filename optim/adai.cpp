#include "optim/adai.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/scalar_math.h"

namespace tare::optim {
namespace {

template <class T>
struct AdaiSecond {
  static constexpr auto tensors = std::tuple{&AdaiState::exp_avg_sq};
  Ema<T> second;
  T inverse, l2;
  AdaiSecond(AdaiState& s, const AdaiOptions& o)
      : second(o.betas[1]), inverse(T(1 / correction(o.betas[1], double(++s.step)))), l2(T(o.weight_decouple ? 0 : o.weight_decay)) {}
  T operator()(T& w, T g, T& v) const {
    g += l2 * w;
    v = second(v, g * g);
    return v * inverse;
  }
};

/// kPlain: dampening is 1, and with it both powers.
template <class T, bool kPlain>
struct AdaiForm {
  static constexpr auto tensors = std::tuple{&AdaiState::exp_avg, &AdaiState::exp_avg_sq, &AdaiState::beta1_prod};
  Decay<T> decay;
  T ratio, b0, power, most, dampening, rate;
  AdaiForm(AdaiState& s, const AdaiOptions& o, double mean)
      : decay(o.lr, o.weight_decay, o.weight_decouple), b0(T(o.betas[0])), power(T(1 / (3 - 2 * o.dampening))), most(T(1 - o.eps)),
        dampening(T(o.dampening)), rate(T(o.lr * std::pow(o.betas[0], 1 - o.dampening))) {
    ratio = T(mean > 0 ? 1 / correction(o.betas[1], double(s.step)) / mean : 0);
  }
  static void first_state(AdaiState& s, const AdaiOptions&, const Tensor& w) {
    if (s.beta1_prod.defined()) return;
    s.beta1_prod = empty(w.shape(), w.dtype());
    kernels::fill(s.beta1_prod, 1);
  }
  void operator()(T& w, T g, T& m, T& v, T& product) const {
    decay(w, g);
    T relative = v * ratio;
    T b1 = clip(1 - b0 * (kPlain ? relative : optim::power(relative, power)), T(0), most);
    m = b1 * m + (kPlain ? 1 - b1 : optim::power(1 - b1, dampening)) * g;
    product *= b1;
    w -= rate * m / (1 - product);
  }
};
template <class T>
using AdaiPlain = AdaiForm<T, true>;
template <class T>
using AdaiPower = AdaiForm<T, false>;

}  // namespace

void AdaiOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "weight_decouple", weight_decouple, "dampening", dampening);
}
void AdaiState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "beta1_prod", beta1_prod, "step", step); }

void Adai::check_options(const AdaiOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.dampening < 1.5, "Adai: dampening must be below 1.5, not ", o.dampening);
}

void Adai::apply(Step& s) {
  auto sums = fuse<AdaiSecond>(s, *this);
  double total = 0, count = 0;
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) total += sums[i][0], count += double(s.param(i).numel());
  double mean = count > 0 ? total / count : 0;
  fuse_where<AdaiPlain>(s, *this, [](const AdaiOptions& o) { return o.dampening == 1; }, mean);
  fuse_where<AdaiPower>(s, *this, [](const AdaiOptions& o) { return o.dampening != 1; }, mean);
}

template class Method<Adai, AdaiOptions, AdaiState>;

}  // namespace tare::optim
