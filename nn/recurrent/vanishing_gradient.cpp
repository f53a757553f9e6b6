#include "nn/recurrent/vanishing_gradient.h"

#include "autograd/functions.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"

namespace tare::nn {

Tensor vanishing_gradient_penalty(const Tensor& w, const Tensor& x, const Tensor& e) {
  check<ShapeError>(x.dim() == 3 && x.shape() == e.shape() && w.shape() == Shape({x.size(2), x.size(2)}),
                    "vanishing_gradient_penalty: expected w (H, H), x and e (K, B, H) but they are ", w.shape(), ", ", x.shape(), " and ", e.shape());
  Tensor slope = 1 - square(tanh(x.detach())), error = e.detach();
  Tensor length = norm(error, 2, {2}), counts = gt(length, 1e-12);
  Tensor ratio = norm(matmul(error, w) * slope, 2, {2}) / where(counts, length, 1);
  return sum(mean(where(counts, square(ratio - 1), 0), {1}));
}

namespace tables {
namespace {

const Function kRecurrent[] = {
    {"vanishing_gradient_penalty",
     [](const Inputs& x, Keywords& o) -> Tensors {
       std::string activation = o.word("activation", "tanh"), reduction = o.word("reduction", "mean");
       check<ConfigError>(activation == "tanh" && reduction == "mean", "vanishing_gradient_penalty: activation must be \"tanh\" and reduction \"mean\", not \"",
                          activation, "\" and \"", reduction, "\"");
       return {vanishing_gradient_penalty(x[0], x[1], x[2])};
     },
     nullptr, Gradient::exact, "How far a recurrent weight is from carrying the error signal at its length.", "rnn_gradient_clipping"},
};

}  // namespace

std::span<const Function> recurrent() { return kRecurrent; }

}  // namespace tables
}  // namespace tare::nn
