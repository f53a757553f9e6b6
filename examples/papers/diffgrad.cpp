// A friction that halves Adam's step where the gradient hardly changes: three functions of one number whose first minimum can be jumped over, and
// the steps themselves for a gradient that stands and one that alternates.
#include <algorithm>
#include <cmath>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::diffgrad {
namespace {

const std::vector<double> kBetas = {0.95, 0.999};

Tensor f1(const Tensor& x) { return where(le(x, 0.0), square(x + 0.3), square(x - 0.2) + 0.05); }
Tensor f2(const Tensor& x) { return where(le(x, -0.9), -40 * x - 35.15, x * square(x) + x * sin(8 * x) + 0.85); }
Tensor f3(const Tensor& x) {
  Tensor inner = where(le(x, 0.0), where(le(x, -0.4), 0.75 + x, x * (-7.0 / 8)), where(le(x, 0.4), x * (7.0 / 8), 0.75 - x));
  return where(le(abs(x), 0.5), inner, square(x));
}

/// 20 steps on gradients (1, +-5), by steps; undamped the two numbers move as Adam has it.
std::vector<Tensor> walk(const char* friction) {
  Tensor w = zeros({2}).set_requires_grad();
  optim::DiffGrad opt(ParameterList(Tensors{w}), {.lr = 0.1, .betas = kBetas, .friction = friction});
  std::vector<Tensor> path{clone(w.detach())}, steps;
  train(opt, {.steps = 20, .every = 1, .report = [&](int64_t) { path.push_back(clone(w.detach())); }},
        [&, sign = 1.0](const Tensor&) mutable { return dot(w, tensor({1, 5 * (sign = -sign)})); });
  for (size_t i = 1; i < path.size(); i++) steps.push_back(path[i] - path[i - 1]);
  return steps;
}

}  // namespace

void run(Experiment& e) {
  e.rule("from -1, lr 0.1, 300 steps: diffGrad ends below 0.01 on F1 and 0.05 on F2, Adam above 0.04 and 0.5. After the first step friction leaves"
         " a half (within 0.01) of a step with a constant gradient and at least 0.99 where the gradient alternates between 5 and -5");
  e.note("Adam with half the rate and SGD with momentum also find the first minima: F1 and F2 cannot tell friction from a smaller step. The second"
         " part can");
  DefaultDtype wide(DType::float64);
  struct Row {
    const char* name;
    optim::AnyOptimizer optimizer;
  };
  const Row rows[] = {{"Adam", optim::Adam({.lr = 0.1, .betas = kBetas})},
                      {"Adam, lr / 2", optim::Adam({.lr = 0.05, .betas = kBetas})},
                      {"SGDM, lr / 10", optim::SGD({.lr = 0.01, .momentum = 0.9})},
                      {"diffGrad", optim::DiffGrad({.lr = 0.1, .betas = kBetas})}};
  Tensor (*const functions[])(const Tensor&) = {f1, f2, f3};
  auto seeds = e.seeds(1);
  for (int64_t seed : seeds) {
    for (const Row& row : rows) {
      e.begin(row.name, seed);
      for (int k = 0; k < 3; k++) {
        Tensor x = tensor({-1}).set_requires_grad();
        optim::AnyOptimizer opt = row.optimizer;
        opt->bind(ParameterList(Tensors{x}));
        train(*opt, {.steps = 300}, [&](const Tensor&) { return sum(functions[k](x)); });
        e.measure(text("F", k + 1), functions[k](x.detach()).item());
        e.measure(text("x", k + 1), x.detach().item());
      }
    }
    e.begin("friction", seed);
    std::vector<Tensor> damped = walk("difference"), plain = walk("none");
    double off = 0, left = 1;
    for (size_t i = 1; i < plain.size(); i++) {
      std::vector<double> ratio = (damped[i] / plain[i]).to_vector<double>();
      off = std::max(off, std::abs(ratio[0] - 0.5)), left = std::min(left, ratio[1]);
    }
    e.measure("constant: |ratio of steps - 0.5|", off);
    e.measure("alternating: least ratio of steps", left);
  }
  for (int64_t seed : seeds) {
    e.below("F1 of diffGrad", e.value("diffGrad", "F1", seed), 0.01);
    e.below("F2 of diffGrad", e.value("diffGrad", "F2", seed), 0.05);
    e.above("F1 of Adam", e.value("Adam", "F1", seed), 0.04);
    e.above("F2 of Adam", e.value("Adam", "F2", seed), 0.5);
    e.at_most("constant gradient: |ratio of steps - 0.5|", e.value("friction", "constant: |ratio of steps - 0.5|", seed), 0.01);
    e.at_least("alternating gradient: ratio of steps", e.value("friction", "alternating: least ratio of steps", seed), 0.99);
  }
}

}  // namespace tare::papers::diffgrad
