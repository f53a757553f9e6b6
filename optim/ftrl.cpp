#include "optim/ftrl.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

/// kRoot: lr_power is -1/2, so that powers are roots.
template <class T, bool kRoot>
struct FTRLRule {
  static constexpr auto tensors = std::tuple{&FTRLState::z, &FTRLState::n};
  T inverse_lr, beta, power, lambda1, lambda2;
  FTRLRule(FTRLState& s, const FTRLOptions& o)
      : inverse_lr(T(1 / o.lr)), beta(T(o.beta)), power(T(-o.lr_power)), lambda1(T(o.lambda_1)), lambda2(T(o.lambda_2)) {
    s.step++;
  }
  void operator()(T& w, T g, T& z, T& n) const {
    T sum = n + g * g, after = std::sqrt(sum);
    z += g - (kRoot ? after - std::sqrt(n) : std::pow(sum, power) - std::pow(n, power)) * inverse_lr * w;
    n = sum;
    T scale = (beta + after) * inverse_lr + lambda2;
    w = std::abs(z) <= lambda1 || scale == 0 ? T(0) : (lambda1 * sign_of(z) - z) / scale;
  }
};

template <class T>
using RootRule = FTRLRule<T, true>;
template <class T>
using PowerRule = FTRLRule<T, false>;

}  // namespace

void FTRLOptions::visit(Visitor& v) { list_options(v, "lr", lr, "beta", beta, "lr_power", lr_power, "lambda_1", lambda_1, "lambda_2", lambda_2); }
void FTRLState::visit(Visitor& v) { list_states(v, "z", z, "n", n, "step", step); }

void FTRL::check_options(const FTRLOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.lr > 0, "FTRL: lr must be positive, not ", o.lr);
  check_rate(type, "lambda_1", o.lambda_1);
  check_rate(type, "lambda_2", o.lambda_2);
  check<ConfigError>(o.lr_power <= 0, "FTRL: lr_power must be at most 0, not ", o.lr_power);
}

void FTRL::apply(Step& s) {
  fuse_where<RootRule>(s, *this, [](const FTRLOptions& o) { return o.lr_power == -0.5; });
  fuse_where<PowerRule>(s, *this, [](const FTRLOptions& o) { return o.lr_power != -0.5; });
}

template class Method<FTRL, FTRLOptions, FTRLState>;

}  // namespace tare::optim
