// Which predictions to reject: a classifier trained with label smoothing ranks its predictions worse by their largest probability than one trained
// without, though it is as accurate. The largest logit over the norm of all, taken after training, shall repair the ranking, and shall not help the
// net trained without.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::logit_norm_selective {

void run(Experiment& e) {
  constexpr const char *kProbability = "1000 AURC, probability", *kNorm = "1000 AURC, logit norm", *kAccuracy = "test accuracy";
  e.rule("on every seed, areas under the risk-coverage curve: by probability label smoothing is at least 1.10 times worse, though at most 0.005 "
         "less accurate; its logit norm is at most 0.85 of its probability's; without smoothing the logit norm is no better than the probability");
  e.note("seeds differ: over ten, the logit norm's area of a smoothed net is 0.60 to 0.93 of its probability's, 0.80 on average");
  Split data = flattened(standardized(fashion(5000, 5000)));
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (auto [method, smoothing] : {std::pair{"cross entropy", 0.0}, std::pair{"smoothed", 0.3}}) {
      e.begin(method, seed);
      nn::Sequential net = mlp({784, 256, 256, 10});
      optim::Adam opt(net.parameters(), {.lr = 1e-3});
      fit(net, opt, data, {.batch = 100, .steps = 12 * 50},
          [&](const Tensor& logits, const Tensor& y) { return cross_entropy(logits, y, {.label_smoothing = smoothing}); });
      Tensor logits = to(evaluate(net, data.x_test), DType::float64), correct = to(eq(argmax(logits, 1), data.y_test), DType::int64);
      auto area = [&](const Tensor& score) { return 1000 * nn::aurc(score, correct).aurc.item(); };
      e.measure(kProbability, area(amax(softmax(logits, 1), {1})));
      e.measure(kNorm, area(nn::logit_norm_score(logits, {.p = 2, .shift = "mean"})));
      e.measure(kAccuracy, accuracy(logits, data.y_test));
    }
  for (int64_t seed : seeds) {
    auto of = [&](const char* method, const char* metric) { return e.value(method, metric, seed); };
    e.at_least(text("by probability: smoothed / cross entropy, seed ", seed), of("smoothed", kProbability) / of("cross entropy", kProbability), 1.10);
    e.at_least(text("accuracy: smoothed - cross entropy, seed ", seed), of("smoothed", kAccuracy) - of("cross entropy", kAccuracy), -0.005);
    e.at_most(text("smoothed: logit norm / probability, seed ", seed), of("smoothed", kNorm) / of("smoothed", kProbability), 0.85);
    e.at_least(text("cross entropy: logit norm / probability, seed ", seed), of("cross entropy", kNorm) / of("cross entropy", kProbability), 1);
  }
}

}  // namespace tare::papers::logit_norm_selective
