#include "optim/grams.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct GramsRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  T shrink, step_size, inverse_root, eps;
  GramsRule(MomentsState& s, const GramsOptions& o)
      : first(o.betas[0]), second(o.betas[1]), shrink(T(1 - o.lr * o.weight_decay)), step_size(T(o.lr / correction(o.betas[0], double(++s.step)))),
        inverse_root(T(1 / std::sqrt(correction(o.betas[1], double(s.step))))), eps(T(o.eps)) {}
  void operator()(T& w, T g, T& m, T& v) const {
    m = first(m, g);
    v = second(v, g * g);
    w = shrink * w - step_size * sign_of(g) * std::abs(m) / (std::sqrt(v) * inverse_root + eps);
  }
};

}  // namespace

void GramsOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay); }

void Grams::apply(Step& s) { fuse<GramsRule>(s, *this); }

template class Method<Grams, GramsOptions, MomentsState>;

}  // namespace tare::optim
