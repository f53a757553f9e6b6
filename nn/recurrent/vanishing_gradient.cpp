#include "nn/recurrent/vanishing_gradient.h"

#include "autograd/functions.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {

namespace {

/// Omega for slopes d = 1 - tanh(x)^2; all but w constants.
Tensor omega(const Tensor& w, const Tensor& slope, const Tensor& error) {
  Tensor length = norm(error, 2, {2}), counts = gt(length, 1e-12);
  Tensor ratio = norm(matmul(error, w) * slope, 2, {2}) / where(counts, length, 1);
  return sum(mean(where(counts, square(ratio - 1), 0), {1}));
}

void check_form(const std::string& activation, const std::string& reduction) {
  check<ConfigError>(activation == "tanh" && reduction == "mean", "vanishing_gradient_penalty: activation must be \"tanh\" and reduction \"mean\", not \"", activation,
                     "\" and \"", reduction, "\"");
}

}  // namespace

Tensor vanishing_gradient_penalty(const Tensor& w, const Tensor& x, const Tensor& e) {
  check<ShapeError>(x.dim() == 3 && x.shape() == e.shape() && w.shape() == Shape({x.size(2), x.size(2)}),
                    "vanishing_gradient_penalty: expected w (H, H), x and e (K, B, H) but they are ", w.shape(), ", ", x.shape(), " and ", e.shape());
  return omega(w, 1 - square(tanh(x.detach())), e.detach());
}

void VanishingGradientPenaltyOptions::visit(Visitor& v) {
  v.option("weight", weight);
  v.option("activation", activation);
  v.option("reduction", reduction);
}

VanishingGradientPenalty::VanishingGradientPenalty(Options o) : options(std::move(o)) {
  check_factor(type, "weight", options.weight);
  check_form(options.activation, options.reduction);
}

Tensor VanishingGradientPenalty::forward(const Tensors& recurrences) {
  check<ValueError>(!recurrences.empty() && recurrences.size() % 3 == 0, "VanishingGradientPenalty: expected a weight, states and derivatives for each layer but found ",
                    recurrences.size(), " tensors");
  Tensors terms;
  for (size_t k = 0; k < recurrences.size(); k += 3) {
    const Tensor &w = recurrences[k], &h = recurrences[k + 1], &by_output = recurrences[k + 2];
    check<ShapeError>(h.dim() == 3 && h.shape() == by_output.shape() && w.shape() == Shape({h.size(2), h.size(2)}),
                      "VanishingGradientPenalty: expected a weight (H, H), states and derivatives (T, N, H) but they are ", w.shape(), ", ", h.shape(), " and ",
                      by_output.shape());
    int64_t steps = h.size(0);
    if (steps < 2) continue;
    Tensor slope, errors;
    {
      NoGrad off;
      slope = 1 - square(h);
      Tensors e(static_cast<size_t>(steps));
      for (int64_t t = steps; t-- > 0;) {
        Tensor total = select(by_output, 0, t);
        if (t + 1 < steps) total = total + matmul(e[size_t(t) + 1], w);
        e[size_t(t)] = total * select(slope, 0, t);
      }
      e.erase(e.begin());
      slope = narrow(slope, 0, 0, steps - 1), errors = stack(e);
    }
    terms.push_back(omega(w, slope, errors));
  }
  return terms.empty() ? zeros({}, recurrences[0].dtype()) : add_up(terms, type) * options.weight;
}

template class Layer<VanishingGradientPenalty>;

namespace tables {
namespace {

const Function kRecurrent[] = {
    {"vanishing_gradient_penalty",
     [](const Inputs& x, Keywords& o) -> Tensors {
       std::string activation = o.word("activation", "tanh"), reduction = o.word("reduction", "mean");
       check_form(activation, reduction);
       return {vanishing_gradient_penalty(x[0], x[1], x[2])};
     },
     nullptr, Gradient::exact, "How far a recurrent weight is from carrying the error signal at its length.", "rnn_gradient_clipping"},
};

}  // namespace

std::span<const Function> recurrent() { return kRecurrent; }

}  // namespace tables
}  // namespace tare::nn
