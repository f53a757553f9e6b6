#include "optim/logistic_gd.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

Tensor logistic_gd(const Tensor& x, const Tensor& y, const Tensor& w0, std::string_view variant, double lr, int64_t steps) {
  check<ShapeError>(x.dim() == 2 && y.shape() == Shape({x.size(0)}) && w0.shape() == Shape({x.size(1)}),
                    "logistic_gd: expected x (n, d), y (n), w0 (d) but they are ", x.shape(), ", ", y.shape(), ", ", w0.shape());
  bool normalized = variant == "normalized" || variant == "normalized_batch_perceptron";
  bool perceptron = variant == "batch_perceptron" || variant == "normalized_batch_perceptron";
  check<ConfigError>(normalized || perceptron || variant == "gd", "logistic_gd: unknown variant \"", variant,
                     "\"; there are \"gd\", \"normalized\", \"batch_perceptron\" and \"normalized_batch_perceptron\"");
  Tensor z = x * reshape(y, {-1, 1}), w = w0;
  Tensors path;
  for (int64_t k = 0; k < steps; k++) {
    Tensor margin = mv(z, w), weight = perceptron ? to(le(margin, 0), w.dtype()) : sigmoid(-margin);
    double total = normalized ? sum_of(weight) : double(x.size(0));
    if (total > 0) w = w + mv(transpose(z), weight) * (lr / total);
    path.push_back(w);
  }
  return path.empty() ? zeros({0, w0.size(0)}, w0.dtype()) : stack(path);
}

void NormalizedLogisticGDOptions::visit(Visitor& v) { list_options(v, "lr", lr); }

void NormalizedLogisticGD::apply(Step& s) {
  check<StateError>(s.loss.defined() && s.loss.dim() == 1, "NormalizedLogisticGD: the closure must return the logistic loss of each sample");
  // exp(-loss_i) = sigmoid(z_i w) = 1 - s_i, and s.grads are those of the mean: the factors 1/n cancel.
  loss_of(s, type);  // not NaN
  double weight = sum_of(-expm1(-s.loss)) / double(s.loss.numel());
  if (!(weight > 0)) return;
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) add_in_place(s.param(i), finite_gradient(s, i, type), -options(s.groups[i]).lr / weight);
}

template class Method<NormalizedLogisticGD, NormalizedLogisticGDOptions>;

}  // namespace tare::optim
