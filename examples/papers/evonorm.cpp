// EvoNorm: one formula in place of a normalization and its ReLU. B0 (batch variance) against BatchNorm-ReLU, S0 (group variance) against
// GroupNorm-ReLU, in a small convolutional net that hardly trains without either.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::evonorm {
namespace {

std::vector<nn::AnyModule> layers(std::string_view method, int64_t channels) {
  if (method == "B0") return {nn::EvoNormB0(channels)};
  if (method == "S0") return {nn::EvoNormS0({.num_features = channels, .groups = 4})};
  if (method == "BN-ReLU") return {nn::BatchNorm2d(channels), nn::ReLU()};
  if (method == "GN-ReLU") return {nn::GroupNorm(4, channels), nn::ReLU()};
  return {nn::ReLU()};
}

}  // namespace

void run(Experiment& e) {
  e.rule("the mean test accuracies of B0 and S0 are at most 0.02 below those of BN-ReLU and GN-ReLU and above that of ReLU alone, and, of "
         "scikit-learn's digits, at least 0.80");
  Digits data = digit_images();
  Split d = standardized(data);
  e.note(text(data.source, ", standardized. The bounds are those of scikit-learn's digits. Twenty seeds: the mean of three moves by more than the "
                           "margin"));
  for (int64_t seed : e.seeds(20))
    for (const char* method : {"ReLU", "BN-ReLU", "B0", "GN-ReLU", "S0"}) {
      e.begin(method, seed);
      nn::Sequential net = small_convnet([&](int64_t channels) { return layers(method, channels); });
      optim::SGD opt(net.parameters(), {.lr = 0.05, .momentum = 0.9});
      fit(net, opt, d, {.batch = 32, .steps = 120});
      e.measure("accuracy", accuracy(net, d.x_test, d.y_test));
    }
  for (auto [method, baseline] : {std::pair("B0", "BN-ReLU"), std::pair("S0", "GN-ReLU")}) {
    double reached = e.mean(method, "accuracy");
    e.at_least(text("mean accuracy of ", method, " against ", baseline), reached, e.mean(baseline, "accuracy") - 0.02);
    e.above(text("mean accuracy of ", method, " against ReLU alone"), reached, e.mean("ReLU", "accuracy"));
    if (data.genuine) e.at_least(text("mean accuracy of ", method), reached, 0.80);
  }
}

}  // namespace tare::papers::evonorm
