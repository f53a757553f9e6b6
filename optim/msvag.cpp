#include "optim/msvag.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct MSVAGRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> average;
  T lr, inverse, rho, noise;
  MSVAGRule(MomentsState& s, const MSVAGOptions& o) : average(o.beta), lr(T(o.lr)) {
    double b = o.beta, t = double(++s.step), c = correction(b, t);
    double r = std::min((1 - b) * (1 - b) * correction(b, 2 * t) / (c * c * (1 - b * b)), 0.9999);
    inverse = T(1 / c), rho = T(r), noise = T(1 / (1 - r));
  }
  void operator()(T& w, T g, T& first, T& second) const {
    first = average(first, g);
    second = average(second, g * g);
    T m = first * inverse, square = m * m, s = (second * inverse - square) * noise, total = square + rho * s;
    T f = total != 0 ? clip(square / total, T(0), T(1)) : T(0);
    w -= lr * f * m;
  }
};

}  // namespace

void MSVAGOptions::visit(Visitor& v) { list_options(v, "lr", lr, "beta", beta); }

void MSVAG::check_options(const MSVAGOptions& o) {
  Method::check_options(o);
  check_range(type, "beta", o.beta, 0, 1);
}

void MSVAG::apply(Step& s) { fuse<MSVAGRule>(s, *this); }

template class Method<MSVAG, MSVAGOptions, MomentsState>;

}  // namespace tare::optim
