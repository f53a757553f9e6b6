#include "optim/transform/trust_ratio.h"

#include "autograd/ops/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"

namespace tare::optim {

void TrustRatioOptions::visit(Visitor& v) { list_options(v, "trust_coefficient", trust_coefficient, "weight_decay", weight_decay, "eps", eps); }

void TrustRatio::check_options(const TrustRatioOptions& o) {
  Method::check_options(o);
  check_rate(type, "trust_coefficient", o.trust_coefficient);
}

Tensor TrustRatio::transform(const Tensor& g, const Tensor& w, NoState&, const TrustRatioOptions& o) {
  double of_w = norm_of(w), of_g = norm_of(g);
  double ratio = of_w > 0 && of_g > 0 ? o.trust_coefficient * of_w / (of_g + o.weight_decay * of_w + o.eps) : 1;
  return (o.weight_decay > 0 ? g + w * o.weight_decay : g) * ratio;
}

template class Method<TrustRatio, TrustRatioOptions>;

}  // namespace tare::optim
