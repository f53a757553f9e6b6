// ACLS: a classifier trained to overconfidence with cross entropy, and with adaptive and conditional label smoothing. The second shall have far
// smaller calibration errors and lose no accuracy.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::acls {

void run(Experiment& e) {
  constexpr const char *kEce = "calibration error", *kAccuracy = "test accuracy";
  e.rule("the expected calibration error with ACLS is at most 0.75 of that with cross entropy on every seed, and its mean accuracy at most 0.005 "
         "lower");
  Split data = flattened(standardized(fashion(5000, 5000)));
  const std::pair<const char*, Criterion> methods[] = {
      {"cross entropy", {}},
      {"ACLS", [](const Tensor& logits, const Tensor& y) { return nn::acls_loss(logits, y, {.margin = 6}).loss; }},
      {"label smoothing 0.1", [](const Tensor& logits, const Tensor& y) { return cross_entropy(logits, y, {.label_smoothing = 0.1}); }}};
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (auto& [method, loss] : methods) {
      e.begin(method, seed);
      nn::Sequential net = mlp({784, 256, 256, 10});
      optim::Adam opt(net.parameters(), {.lr = 1e-3});
      fit(net, opt, data, {.batch = 100, .steps = 12 * 50}, loss);
      Tensor logits = evaluate(net, data.x_test);
      e.measure(kEce, nn::metric::expected_calibration_error(softmax(logits, 1), data.y_test));
      e.measure(kAccuracy, accuracy(logits, data.y_test));
    }
  for (int64_t seed : seeds) {
    double ratio = e.value("ACLS", kEce, seed) / e.value("cross entropy", kEce, seed);
    e.at_most(text("calibration error, ACLS / cross entropy, seed ", seed), ratio, 0.75);
  }
  e.at_least("mean accuracy, ACLS - cross entropy", e.mean("ACLS", kAccuracy) - e.mean("cross entropy", kAccuracy), -0.005);
  e.note("label smoothing is measured beside the claim");
}

}  // namespace tare::papers::acls
