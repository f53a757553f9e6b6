// Logit attenuating weight normalization: large batches, few steps, no weight decay. Adam lets logits and the loss on held-out data grow; with the
// norms of the weights frozen after a few free steps they stay moderate.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::lawn {

void run(Experiment& e) {
  e.rule("LAWN's test loss is at most 0.88 of Adam's and 0.92 of AdamW's, its largest logit at most 0.82 of Adam's, its accuracy at least Adam's "
         "less 0.015");
  e.note("the paper's gain in accuracy over tuned baselines is not to be seen at this size and not asked for. AdamW: decay 0.1");
  constexpr int64_t kSteps = 300;
  constexpr double kRate = 3e-3;
  Split data = flattened(fashion(2000, 4000));
  auto seeds = e.seeds(1);
  for (int64_t seed : seeds)
    for (std::string method : {"Adam", "AdamW", "LAWN"}) {
      e.begin(method, seed);
      nn::Sequential net = mlp({784, 256, 256, 10});
      optim::AnyOptimizer opt = optim::Adam({.lr = kRate});
      if (method == "AdamW") opt = optim::AdamW({.lr = kRate, .weight_decay = 0.1});
      if (method == "LAWN") opt = optim::LAWN(opt, {.constrained = {"*.weight"}, .free_steps = 20, .warmup_steps = 50});
      opt->bind(net.parameters());
      optim::LinearLR down(*opt, {.start_factor = 1, .end_factor = 0, .total_iters = kSteps});
      fit(net, *opt, data, {.batch = 500, .steps = kSteps, .schedule = &down});
      NoGrad off;
      Tensor logits = net(data.x), test = net(data.x_test);
      e.measure("accuracy", accuracy(test, data.y_test));
      e.measure("training loss", cross_entropy(logits, data.y).item<double>());
      e.measure("test loss", cross_entropy(test, data.y_test).item<double>());
      e.measure("largest logit", max(abs(logits)).item<double>());
    }
  for (int64_t seed : seeds) {
    auto ratio = [&](const char* metric, const char* other) { return e.value("LAWN", metric, seed) / e.value(other, metric, seed); };
    e.at_most(text("test loss / Adam's, seed ", seed), ratio("test loss", "Adam"), 0.88);
    e.at_most(text("test loss / AdamW's, seed ", seed), ratio("test loss", "AdamW"), 0.92);
    e.at_most(text("largest logit / Adam's, seed ", seed), ratio("largest logit", "Adam"), 0.82);
    e.at_least(text("accuracy - Adam's, seed ", seed), e.value("LAWN", "accuracy", seed) - e.value("Adam", "accuracy", seed), -0.015);
  }
}

}  // namespace tare::papers::lawn
