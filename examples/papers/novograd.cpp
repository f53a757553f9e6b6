// One second moment a layer, with a perceptron as PyTorch initialises it and with one whose first layer begins 20 times smaller and whose last 20
// times larger: the best accuracy over a grid of rates, and how many of them come near it.
#include <algorithm>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::novograd {
namespace {

constexpr int64_t kSteps = 200;
constexpr const char* kAccuracy = "test accuracy";

struct Row {
  const char* name;
  optim::AnyOptimizer optimizer;
  std::vector<double> rates;
};

std::string cell(const Row& row, bool distorted, double lr) { return text(distorted ? "distorted: " : "default: ", row.name, ", lr ", lr); }

}  // namespace

void run(Experiment& e) {
  e.rule("from the distorted start NovoGrad's best mean accuracy is at most 0.01 below SGD's with momentum, and as many of its rates come within "
         "0.05 of its best as of SGD's of SGD's");
  e.note("784-128-128-10 on 10000 standardized images of Fashion-MNIST; a run whose gradients are no longer finite ends there. With images in [0, 1] "
         "NovoGrad's best is 0.012 below SGD's, and 2 rates of each are near the best");
  const Row rows[] = {{"SGDM", optim::SGD({.momentum = 0.9}), {1e-3, 1e-2, 1e-1, 1}},
                      {"NovoGrad", optim::NovoGrad(), {1e-3, 1e-2, 1e-1, 1}},
                      {"Adam", optim::Adam(), {1e-4, 1e-3, 1e-2, 1e-1}}};
  Split data = standardized(flattened(fashion(10000, 10000)));
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (bool distorted : {false, true})
      for (const Row& row : rows)
        for (double lr : row.rates) {
          e.begin(cell(row, distorted, lr), seed);
          nn::Sequential net = mlp({784, 128, 128, 10});
          auto scale = [&](const char* name, double factor) {
            NoGrad off;
            Tensor w = net.parameters().find(name)->tensor;
            copy_(w, w * factor);
          };
          if (distorted) scale("0.weight", 0.05), scale("4.weight", 20);
          optim::AnyOptimizer opt = row.optimizer;
          opt->set("lr", lr);
          opt->bind(net.parameters());
          optim::CosineAnnealingLR cosine(*opt, {.T_max = kSteps});
          try {
            fit(net, *opt, data, {.steps = kSteps, .schedule = &cosine});
          } catch (const ValueError&) {
          }
          e.measure(kAccuracy, accuracy(net, data.x_test, data.y_test));
        }
  auto summary = [&](const Row& row) {
    double best = 0, near = 0;
    for (double lr : row.rates) best = std::max(best, e.mean(cell(row, true, lr), kAccuracy));
    for (double lr : row.rates) near += e.mean(cell(row, true, lr), kAccuracy) >= best - 0.05;
    return std::pair(best, near);
  };
  auto [sgd, sgd_near] = summary(rows[0]);
  auto [novograd, novograd_near] = summary(rows[1]);
  e.at_least("distorted: best accuracy, NovoGrad - SGDM", novograd - sgd, -0.01);
  e.at_least("distorted: rates near the best, NovoGrad against SGDM", novograd_near, sgd_near);
}

}  // namespace tare::papers::novograd
