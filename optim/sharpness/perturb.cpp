#include "optim/sharpness/perturb.h"

#include <optional>

#include "autograd/ops/elementwise.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

PutBack::~PutBack() {
  for (size_t i = 0; i < s.size(); i++) assign(s.param(i), weights[i]);
}

Tensors gradients_at(Step& s, const Tensors& weights, const Tensors& offset, double scale, bool frozen, std::string_view who) {
  PutBack restore{s, weights};  // also when the closure throws
  for (size_t i = 0; i < s.size(); i++)
    if (offset[i].defined()) add_in_place(s.param(i), offset[i], scale);
  Tensor loss = s.loss;
  Tensors grads = s.grads;
  std::optional<FrozenStatistics> statistics;
  if (frozen) statistics.emplace();
  s.evaluate(false, who);
  std::swap(s.grads, grads);
  s.loss = loss;
  return grads;
}

double joint_dot_of(const Tensors& a, const Tensors& b) {
  double total = 0;
  for (size_t i = 0; i < a.size(); i++)
    if (a[i].defined() && b[i].defined()) total += dot_of(a[i], b[i]);
  return total;
}

Tensors combined(double a, const Tensors& x, double b, const Tensors& y) {
  Tensors out(x.size());
  for (size_t i = 0; i < x.size(); i++) {
    if (x[i].defined()) out[i] = x[i] * a;
    if (y[i].defined()) out[i] = out[i].defined() ? out[i] + y[i] * b : y[i] * b;
  }
  return out;
}

}  // namespace tare::optim
