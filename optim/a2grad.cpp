#include "optim/a2grad.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct A2GradMean {
  static constexpr auto tensors = std::tuple{&A2GradState::avg_grad};
  T share;
  A2GradMean(A2GradState& s, const A2GradOptions&) : share(T(1 / double(++s.step))) {}
  T operator()(T&, T g, T& mean) const {
    mean += share * (g - mean);
    return (g - mean) * (g - mean);
  }
};

template <class T>
struct A2GradStep {
  static constexpr auto tensors = std::tuple{&A2GradState::x_k};
  T c, a, next;
  A2GradStep(A2GradState& s, const A2GradOptions& o, const Here& here, const std::vector<std::array<double, 1>>& distances) {
    double k = double(s.step - 1), d = distances[here.index][0], h;
    if (o.variant == "uni") {
      s.v_k += d;
      h = std::sqrt(s.v_k);
    } else {
      s.v_kk = k == 0 ? d : o.rho * s.v_kk + (1 - o.rho) * d;
      s.v_k = std::max(s.v_k, s.v_kk);
      h = std::sqrt((k + 1) * s.v_k);
    }
    s.alpha_k = 2 / (k + 2);
    c = T(1 / (2 * o.lips / (k + 1) + o.beta * h)), a = T(s.alpha_k), next = T(2 / (k + 3));
  }
  static void first_state(A2GradState& s, const A2GradOptions&, const Tensor& w) {
    if (!s.x_k.defined()) s.x_k = kernels::copy(w);
  }
  void operator()(T& w, T g, T& x) const {
    x -= c * g;
    w = (1 - next) * (w - a * c * g) + next * x;
  }
};

}  // namespace

void A2GradOptions::visit(Visitor& v) { list_options(v, "beta", beta, "lips", lips, "variant", variant, "rho", rho); }
void A2GradState::visit(Visitor& v) { list_states(v, "avg_grad", avg_grad, "x_k", x_k, "v_k", v_k, "v_kk", v_kk, "alpha_k", alpha_k, "step", step); }

void A2Grad::check_options(const A2GradOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.variant == "uni" || o.variant == "exp", "A2Grad: variant must be \"uni\" or \"exp\", not \"", o.variant, "\"");
  check<ConfigError>(o.lips > 0 && o.beta >= 0, "A2Grad: lips must be positive and beta at least 0, not ", o.lips, " and ", o.beta);
}

void A2Grad::apply(Step& s) {
  auto distances = fuse<A2GradMean>(s, *this);
  fuse<A2GradStep>(s, *this, distances);
}

template class Method<A2Grad, A2GradOptions, A2GradState>;

}  // namespace tare::optim
