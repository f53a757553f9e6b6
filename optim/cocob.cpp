#include "optim/cocob.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct COCOBRule {
  using S = COCOBState;
  static constexpr auto tensors = std::tuple{&S::L, &S::G, &S::R, &S::C, &S::x0};
  T alpha;
  COCOBRule(S& s, const COCOBOptions& o) : alpha(T(o.alpha)) { s.step++; }
  static void first_state(S& s, const COCOBOptions& o, const Tensor& w) {
    if (s.x0.defined()) return;
    s.x0 = kernels::copy(w);
    s.L = empty(w.shape(), w.dtype());
    kernels::fill(s.L, o.eps);
  }
  void operator()(T& w, T g, T& largest, T& sum, T& reward, T& wealth, T& start) const {
    largest = std::max(largest, std::abs(g));
    sum += std::abs(g);
    reward = std::max(reward - g * (w - start), T(0));
    wealth -= g;
    w = start + wealth / (largest * std::max(sum + largest, alpha * largest)) * (largest + reward);
  }
};

}  // namespace

void COCOBOptions::visit(Visitor& v) { list_options(v, "alpha", alpha, "eps", eps); }
void COCOBState::visit(Visitor& v) { list_states(v, "L", L, "G", G, "R", R, "C", C, "x0", x0, "step", step); }

void COCOB::check_options(const COCOBOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.eps > 0 && o.alpha >= 0, "COCOB: eps must be positive and alpha at least 0, not ", o.eps, " and ", o.alpha);
}

void COCOB::apply(Step& s) { fuse<COCOBRule>(s, *this); }

template class Method<COCOB, COCOBOptions, COCOBState>;

}  // namespace tare::optim
