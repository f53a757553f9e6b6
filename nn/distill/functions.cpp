// Dataset distillation, in the table of functions.
#include "autograd/functions.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/samples.h"
#include "nn/distill/implicit_gradient.h"
#include "nn/distill/rcig.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;

/// The one analytic problem there is: a tanh network with fixed last layer, from S (N, d), W (d, h) at its inner optimum, a (h), y (N), X (M, d), Y
/// (M). Gives v by W and the gradient by S.
Tensors call_implicit_meta_gradient(const Inputs& x, Keywords& o) {
  double mu = o.real("mu");
  for (auto [key, only] : {std::pair{"inner", "0.5*mean((tanh(S W) a - y)^2) + 0.5*mu*sum(W^2)"}, std::pair{"outer", "0.5*mean((tanh(X W) a - Y)^2)"}}) {
    std::string given = o.word(key, only);
    check<ConfigError>(given == only, "implicit_meta_gradient.", key, ": only \"", only, "\" is known, not \"", given, "\"");
  }
  o.word("theta", "");  // says in words what W is
  auto half_error = [a = x[2]](const Tensor& samples, const Tensor& w, const Tensor& y) { return 0.5 * mean(square(mv(tanh(matmul(samples, w)), a) - y)); };
  BilevelLoss inner = [&](const Tensors& w, const Tensors& s) { return half_error(s[0], w[0], x[3]) + 0.5 * mu * sum(square(w[0])); };
  BilevelLoss outer = [&](const Tensors& w, const Tensors&) { return half_error(x[4], w[0], x[5]); };
  ImplicitGradient g = implicit_gradient(inner, outer, {x[1]}, {x[0]});
  return {g.v[0], g.hyper[0]};
}

const Function kDistill[] = {
    {"implicit_meta_gradient", call_implicit_meta_gradient, nullptr, Gradient::none, "The gradient of an outer loss by the data of an inner problem.", "rcig_distillation"},
    {"krr_predict", [](const Inputs& x, Keywords& o) -> Tensors { return {krr_predict(x[0], x[1], x[2], x[3], x[4], o.real("l2"))}; },
     [] {
       return std::vector<FunctionSample>{{{spread({3, 2}), spread({3, 2}, -1, 1, 1), spread({3, 2}, -1, 1, 2), spread({4, 2}, -1, 1, 3), spread({4, 2})}, with({{"l2", 0.5}})}};
     },
     Gradient::exact, "Kernel ridge regression on features, beside a network's own outputs.", "rcig_distillation"},
    {"rcig_inner_loss", [](const Inputs& x, Keywords& o) -> Tensors { return {rcig_inner_loss(x[0], x[1], x[2], o.real("l2"))}; },
     [] { return std::vector<FunctionSample>{{{spread({3, 2}), spread({3, 2}, -1, 1, 1), spread({3, 2}, -1, 1, 2)}, with({{"l2", 0.5}})}}; }, Gradient::exact,
     "The loss of kernel ridge regression on its support.", "rcig_distillation"},
    {"rcig_outer_loss",
     [](const Inputs& x, Keywords& o) -> Tensors { return {rcig_outer_loss(x[0], x[1], x[2], x[3], x[4], x[5], x[6], o.real("l2"))}; }, nullptr, Gradient::exact,
     "Cross entropy of kernel ridge regression at a learned temperature, and a margin of the labels.", "rcig_distillation"},
};

}  // namespace

std::span<const Function> distill() { return kDistill; }

}  // namespace tare::nn::tables
