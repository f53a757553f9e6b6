#include "optim/class_gradients.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "optim/fields.h"
#include "optim/flat.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void PerClassNormalizedSGDOptions::visit(Visitor& v) { list_options(v, "lr", lr, "mode", mode, "eps", eps, "num_classes", num_classes, "oversample", oversample); }

void PerClassNormalizedSGD::check_options(const PerClassNormalizedSGDOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.mode == "gd" || o.mode == "pcngd", "PerClassNormalizedSGD: mode must be \"gd\" or \"pcngd\", not \"", o.mode, "\"");
  check<ConfigError>(o.num_classes >= 0, "PerClassNormalizedSGD: num_classes must be at least 0, not ", o.num_classes);
}

Tensor per_class_normalized_gradient(const Tensor& class_grads, const Tensor& full_grads, std::string_view mode, double eps) {
  constexpr std::string_view who = "per_class_normalized_gradient";
  check<ConfigError>(mode == "gd" || mode == "pcngd" || mode == "pcnsgd_r", who, ": mode must be \"gd\", \"pcngd\" or \"pcnsgd_r\", not \"", mode, "\"");
  check<ShapeError>(class_grads.dim() == 2, who, ": expected a gradient for each class, (C, P), but the input is ", class_grads.shape());
  if (mode == "gd") return sum(class_grads, {0});
  bool rescaled = mode == "pcnsgd_r";
  check<ShapeError>(!rescaled || (full_grads.defined() && full_grads.shape() == class_grads.shape()), who,
                    ": mode \"pcnsgd_r\" needs the full gradients, of the same shape as the batch's ", class_grads.shape());
  Tensor total = zeros(Shape{class_grads.size(1)}, class_grads.dtype());
  for (int64_t c = 0; c < class_grads.size(0); c++) {
    Tensor g = select(class_grads, 0, c);
    double length = norm_of(g);
    if (length <= eps) continue;
    double scale = 1 / length;
    if (rescaled) {
      Tensor full = select(full_grads, 0, c);
      double of_full = norm_of(full), p = of_full > 0 ? dot_of(g, full) / (length * of_full) : 0;
      if (std::abs(p) <= eps) continue;
      scale /= p;
    }
    total = total + g * scale;
  }
  return total;
}

Tensor gradients_of_each(Step& s, std::string_view who) {
  check<StateError>(s.closure != nullptr, who, " evaluates the loss itself: call step(closure) instead of step()");
  EnableGrad on;
  Tensor losses = (*s.closure)();
  check<ShapeError>(losses.dim() == 1, who, ": expected the closure to return a vector of losses but it returned ", losses.shape());
  Tensors leaves;
  std::vector<size_t> places;
  for (size_t i = 0; i < s.size(); i++)
    if (s.param(i).requires_grad()) leaves.push_back(s.param(i)), places.push_back(i);
  Tensors rows;
  for (int64_t k = 0; k < losses.size(0); k++) {
    Tensor loss = select(losses, 0, k);
    Tensors found = loss.requires_grad() ? grad({loss}, leaves, {.retain_graph = true, .allow_unused = true}) : Tensors(leaves.size());
    Tensors all(s.size());
    for (size_t j = 0; j < places.size(); j++) all[places[j]] = found[j];
    rows.push_back(flatten(s.params, all));
  }
  check<ShapeError>(!rows.empty(), who, ": the closure returned no losses");
  return stack(rows);
}

void PerClassNormalizedSGD::apply(Step& s) {
  const PerClassNormalizedSGDOptions& o = options();  // the rate is each group's, the rest the first one's
  Tensor of_classes = gradients_of_each(s, type).detach();
  check<ShapeError>(o.num_classes == 0 || of_classes.size(0) == o.num_classes, type, ": expected the closure to return the losses of num_classes = ", o.num_classes,
                    " classes but it returned ", of_classes.size(0));
  Tensor direction = per_class_normalized_gradient(of_classes, {}, o.mode, o.eps);
  check<ValueError>(std::isfinite(norm_of(direction)), type, ": a class's gradient is not finite");
  Tensors parts = unflatten(s.params, direction);
  for (size_t i = 0; i < s.size(); i++) add_in_place(s.param(i), parts[i], -options(s.groups[i]).lr);
}

Tensor PerClassNormalizedSGD::step_classes(const std::function<Tensor(int64_t c)>& loss_of) {
  check<ConfigError>(options().num_classes >= 1, "PerClassNormalizedSGD: step_classes needs num_classes");
  return step([&] {
    Tensors losses(size_t(options().num_classes));
    Tensor present;
    for (size_t c = 0; c < losses.size(); c++) {
      losses[c] = loss_of(int64_t(c));
      if (losses[c].defined()) present = losses[c];
    }
    check<ValueError>(present.defined(), "PerClassNormalizedSGD: the batch has samples of no class");
    for (Tensor& loss : losses)
      if (!loss.defined()) loss = zeros({}, present.dtype());
    return stack(losses);
  });
}

template class Method<PerClassNormalizedSGD, PerClassNormalizedSGDOptions>;

}  // namespace tare::optim
