#include "optim/lamb.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct LAMBMoments {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  T inverse1, inverse_root2, eps, decay;

  LAMBMoments(MomentsState& s, const LAMBOptions& o) : LAMBMoments(o, double(++s.step)) {}
  LAMBMoments(const LAMBOptions& o, double t)
      : first(o.betas[0]), second(o.betas[1]), inverse1(T(1 / correction(o.betas[0], t))), inverse_root2(T(1 / std::sqrt(correction(o.betas[1], t)))),
        eps(T(o.eps)), decay(T(o.weight_decay)) {}
  T direction(T w, T m, T v) const { return inverse1 * m / (std::sqrt(v) * inverse_root2 + eps) + decay * w; }
  /// |w|^2 and |d|^2.
  std::array<T, 2> operator()(T& w, T g, T& m, T& v) const {
    m = first(m, g);
    v = second(v, g * g);
    T d = direction(w, m, v);
    return {w * w, d * d};
  }
};

template <class T>
struct LAMBStep : LAMBMoments<T> {
  static constexpr bool gradient_was_checked = true;
  T rate;
  LAMBStep(MomentsState& s, const LAMBOptions& o, const Here& here, const std::vector<std::array<double, 2>>& squares) : LAMBMoments<T>(o, double(s.step)) {
    auto [w, d] = squares[here.index];
    rate = T(o.lr * (w > 0 && d > 0 ? std::sqrt(w / d) : 1));
  }
  void operator()(T& w, T, T& m, T& v) const { w -= rate * this->direction(w, m, v); }
};

}  // namespace

void LAMBOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay); }

void LAMB::apply(Step& s) {
  in_parts(s, [&](Step& part) {
    auto squares = fuse<LAMBMoments>(part, *this);
    fuse<LAMBStep>(part, *this, squares);
  });
}

template class Method<LAMB, LAMBOptions, MomentsState>;

}  // namespace tare::optim
