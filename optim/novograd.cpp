#include "optim/novograd.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

template <class T>
struct NovoGradRule {
  static constexpr auto tensors = std::tuple{&NovoGradState::exp_avg};
  T lr, keep, scale, decay;
  NovoGradRule(NovoGradState& s, const NovoGradOptions& o, const Here& here) : lr(T(o.lr)), keep(T(o.betas[0])) {
    double norm = norm_of(here.g), fresh = o.grad_averaging ? 1 - o.betas[0] : 1;
    s.exp_avg_sq = s.step++ == 0 ? norm * norm : o.betas[1] * s.exp_avg_sq + (1 - o.betas[1]) * norm * norm;
    s.max_exp_avg_sq = std::max(s.max_exp_avg_sq, s.exp_avg_sq);
    double root = std::sqrt(o.amsgrad ? s.max_exp_avg_sq : s.exp_avg_sq) + o.eps;
    scale = T(root > 0 ? fresh / root : 0);
    decay = T(fresh * o.weight_decay);
  }
  void operator()(T& w, T g, T& m) const {
    m = keep * m + (scale * g + decay * w);
    w -= lr * m;
  }
};

}  // namespace

void NovoGradOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "grad_averaging", grad_averaging, "amsgrad", amsgrad);
}
void NovoGradState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "max_exp_avg_sq", max_exp_avg_sq, "step", step); }

void NovoGrad::apply(Step& s) {
  // v enters the rule's constants, before the loop looks for numbers that are not finite.
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) s.grads[i] = finite_gradient(s, i, type);
  fuse<NovoGradRule>(s, *this);
}

template class Method<NovoGrad, NovoGradOptions, NovoGradState>;

}  // namespace tare::optim
