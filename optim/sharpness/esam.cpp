#include "optim/sharpness/esam.h"

#include <algorithm>
#include <numeric>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "optim/fields.h"
#include "optim/measure.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {

void ESAMOptions::visit(Visitor& v) { list_options(v, "rho", rho, "beta", beta, "gamma", gamma, "seed", seed); }
void ESAM::visit_global_state(Visitor& v) { v.state("position", position_); }

void ESAM::check_options(const ESAMOptions& o) {
  check_rate(type, "rho", o.rho);
  check<ConfigError>(o.beta > 0 && o.beta <= 1, "ESAM: beta must be in (0, 1], not ", o.beta);
  check<ConfigError>(o.gamma > 0 && o.gamma <= 1, "ESAM: gamma must be in (0, 1], not ", o.gamma);
}

Tensor mean_of_largest(const Tensor& x, double share) {
  std::vector<double> values = x.to_vector<double>(), out(values.size());
  size_t k = std::max<size_t>(1, size_t(share * double(values.size()) + 1e-9));
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] > values[b]; });
  for (size_t i = 0; i < k; i++) out[order[i]] = 1 / double(k);
  return from_vector(out, x.shape(), x.dtype());
}

void ESAM::apply(Step& s) {
  const ESAMOptions& o = options();
  Step part = s;  // whose closure is the selected samples
  {
    Generator chosen(uint64_t(o.seed));
    chosen.position = uint64_t(position_);
    Excursion away(part);
    Tensors e = s.grads;
    for (Tensor& g : e)
      if (g.defined() && o.beta < 1) g = g * lt(rand(g.shape(), DType::float64, &chosen), o.beta);
    position_ = int64_t(chosen.position);
    Closure selected = [&] {
      Tensor losses = (*s.closure)();
      if (losses.dim() != 1 || losses.shape() != s.loss.shape()) return losses;
      return sum(losses * mean_of_largest(losses.detach() - s.loss.detach(), o.gamma));
    };
    part.closure = &selected;
    away.to(e, o.rho / (o.beta * (joint_norm_of(s.grads) + 1e-12)));
    away.evaluate(type);
  }
  s.grads = part.grads;
  base->apply(s);
}

template class Wrapper<ESAM, ESAMOptions>;

}  // namespace tare::optim
