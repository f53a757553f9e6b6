#include "optim/sharpness/amp.h"

#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {
namespace {

/// Walks `away` to the perturbed weights; s.grads and the loss of the last evaluation are theirs.
void ascend(Step& s, Excursion& away, const AMPOptions& o) {
  Tensors d(s.size());
  for (int64_t k = 0; k < o.inner_iter; k++) {
    for (size_t i = 0; i < s.size(); i++) {
      if (!s.grads[i].defined()) continue;
      add_in_place(zeros_on_first_use(d[i], s.param(i)), s.grads[i], o.inner_lr);
      if (double shrink = o.epsilon / (norm_of(d[i]) + 1e-12); shrink < 1) scale_in_place(d[i], shrink);
    }
    away.to(d);
    away.evaluate("AMP", o.freeze_bn);
  }
}

}  // namespace

void AMPOptions::visit(Visitor& v) { list_options(v, "epsilon", epsilon, "inner_lr", inner_lr, "inner_iter", inner_iter, "freeze_bn", freeze_bn); }

void AMP::check_options(const AMPOptions& o) {
  Method::check_options(o);
  check_rate(type, "epsilon", o.epsilon);
  check_rate(type, "inner_lr", o.inner_lr);
  check<ConfigError>(o.inner_iter >= 0, "AMP: inner_iter must be at least 0, not ", o.inner_iter);
}

void AMP::apply(Step& s) {
  {
    Excursion away(s);
    ascend(s, away, options());
  }
  base->apply(s);
}

double amp_loss(const ParameterList& params, const Closure& loss, const AMPOptions& options) {
  std::vector<uint32_t> groups(params.size());
  Step s{.params = params, .groups = groups, .grads = Tensors(params.size()), .closure = &loss};
  NoGrad off;
  Excursion away(s);
  away.evaluate("amp_loss", options.freeze_bn);
  ascend(s, away, options);
  return sum_of(s.loss) / double(s.loss.numel());
}

template class Wrapper<AMP, AMPOptions>;

}  // namespace tare::optim
