#include "optim/adopt.h"

#include <limits>

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct ADOPTRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  Decay<T> decay;
  T lr, eps, bound;
  bool beginning;
  ADOPTRule(MomentsState& s, const ADOPTOptions& o) : first(o.betas[0]), second(o.betas[1]), lr(T(o.lr)), eps(T(o.eps)), beginning(s.step++ == 0) {
    decay = Decay<T>(beginning ? 0 : o.lr, o.weight_decay, o.weight_decouple);
    bound = o.clip_exponent ? T(std::pow(double(s.step - 1), *o.clip_exponent)) : std::numeric_limits<T>::infinity();
  }
  void operator()(T& w, T g, T& m, T& v) const {
    decay(w, g);
    T n = clip(g / std::max(std::sqrt(v), eps), -bound, bound);
    m = beginning ? m : first(m, n);
    w -= beginning ? T(0) : lr * m;
    v = beginning ? g * g : second(v, g * g);
  }
};

}  // namespace

void ADOPTOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "weight_decouple", weight_decouple,
               "clip_exponent", clip_exponent);
}

void ADOPT::apply(Step& s) { fuse<ADOPTRule>(s, *this); }

template class Method<ADOPT, ADOPTOptions, MomentsState>;

}  // namespace tare::optim
