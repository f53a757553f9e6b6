#include "optim/acc_sgd.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct AccSGDRule {
  static constexpr auto tensors = std::tuple{&MomentumState::momentum_buffer};
  T decay, lr, keep, share, longer, z;
  AccSGDRule(MomentumState& s, const AccSGDOptions& o) : decay(T(o.weight_decay)), lr(T(o.lr)) {
    s.step++;
    double c = o.small_const, b = c * c * o.xi / o.kappa;
    keep = T(1 - b), share = T(b), longer = T(b * o.lr * o.kappa / c), z = T(c / (c + b));
  }
  static void first_state(MomentumState& s, const AccSGDOptions&, const Tensor& w) {
    if (!s.momentum_buffer.defined()) s.momentum_buffer = kernels::copy(w);
  }
  void operator()(T& w, T g, T& b) const {
    g += decay * w;
    b = keep * b - longer * g + share * w;
    w = z * (w - lr * g) + (1 - z) * b;
  }
};

}  // namespace

void AccSGDOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "kappa", kappa, "xi", xi, "small_const", small_const, "weight_decay", weight_decay);
}

void AccSGD::check_options(const AccSGDOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.kappa > 0 && o.xi > 0, "AccSGD: kappa and xi must be positive, not ", o.kappa, " and ", o.xi);
  check<ConfigError>(o.small_const > 0 && o.small_const <= 1, "AccSGD: small_const must be in (0, 1], not ", o.small_const);
}

void AccSGD::apply(Step& s) { fuse<AccSGDRule>(s, *this); }

template class Method<AccSGD, AccSGDOptions, MomentumState>;

}  // namespace tare::optim
