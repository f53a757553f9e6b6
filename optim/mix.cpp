#include "optim/mix.h"

#include "autograd/ops/elementwise.h"
#include "optim/measure.h"

namespace tare::optim {

Tensors mix(double a, const Tensors& x, double b, const Tensors& y) {
  Tensors out(x.size());
  for (size_t i = 0; i < x.size(); i++) {
    if (x[i].defined()) out[i] = x[i] * a;
    if (y[i].defined()) out[i] = out[i].defined() ? out[i] + y[i] * b : y[i] * b;
  }
  return out;
}

double joint_dot(const Tensors& x, const Tensors& y) {
  double total = 0;
  for (size_t i = 0; i < x.size(); i++)
    if (x[i].defined() && y[i].defined()) total += dot_of(x[i], y[i]);
  return total;
}

}  // namespace tare::optim
