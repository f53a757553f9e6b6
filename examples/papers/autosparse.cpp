// AutoSparse: thresholds that are learned with the weights. With gradients for masked weights, annealed to none, more weights shall end masked than
// with the plain derivative (STR, alpha = 0), at nearly the accuracy of the dense net.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::autosparse {

void run(Experiment& e) {
  constexpr const char *kSparsity = "sparsity", *kAccuracy = "test accuracy";
  constexpr int64_t kSteps = 12 * 100;
  e.rule("on every seed AutoSparse masks a share of all weights at least 0.06 larger than STR's, and is at most 0.012 less accurate than the dense "
         "net");
  e.note("a perceptron this small ends far less sparse than the paper's nets; training cost is not measured");
  Split data = flattened(standardized(fashion(10000, 5000)));
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds)
    for (auto [method, alpha] : {std::pair{"dense", 0.0}, std::pair{"STR", 0.0}, std::pair{"AutoSparse", 0.75}}) {
      e.begin(method, seed);
      nn::Sequential net = mlp({784, 300, 100, 10});
      nn::AutoSparse thresholded({.threshold_init = -6, .alpha = alpha, .alpha0 = alpha, .anneal_steps = kSteps * 9 / 10});
      if (method != std::string_view("dense")) nn::reparametrize(net, "*.weight", thresholded);
      std::vector<nn::AutoSparse*> sparse;
      for (auto& [path, r] : nn::reparameterizations(net)) sparse.push_back(static_cast<nn::AutoSparse*>(r));
      optim::SGD opt(net.parameters(), {.lr = 0.1, .momentum = 0.9, .weight_decay = 1e-3});
      optim::CosineAnnealingLR schedule(opt, {.T_max = kSteps});
      auto anneal = [&](int64_t step) {
        for (auto* s : sparse) s->set_step(step);
      };
      fit(net, opt, data, {.batch = 100, .steps = kSteps, .every = 1, .report = anneal, .schedule = &schedule});
      double masked = 0, all = 0;
      for (auto* s : sparse) {
        double weights = double(s->raw().numel());
        masked += weights * s->sparsity(), all += weights;
      }
      e.measure(kSparsity, all > 0 ? masked / all : 0);
      e.measure(kAccuracy, accuracy(net, data.x_test, data.y_test));
    }
  for (int64_t seed : seeds) {
    e.at_least(text("sparsity, AutoSparse - STR, seed ", seed), e.value("AutoSparse", kSparsity, seed) - e.value("STR", kSparsity, seed), 0.06);
    e.at_least(text("accuracy, AutoSparse - dense, seed ", seed), e.value("AutoSparse", kAccuracy, seed) - e.value("dense", kAccuracy, seed), -0.012);
  }
}

}  // namespace tare::papers::autosparse
