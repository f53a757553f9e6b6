// Weight standardization and batch-channel normalization: training on one image at a time, where batch and group normalization do badly.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::weight_standardization_bcn {
namespace {

nn::Sequential make(const std::string& method) {
  nn::Sequential net = small_convnet([&](int64_t channels) {
    nn::AnyModule norm = nn::GroupNorm(4, channels);
    if (method == "BN") norm = nn::BatchNorm2d(channels);
    if (method == "WS + BCN") norm = nn::BatchChannelNorm({.num_features = channels, .num_groups = 4, .estimate = true, .moving_speed = 0.02});
    return std::vector<nn::AnyModule>{norm, nn::ReLU()};
  });
  if (method.starts_with("WS"))
    for (auto& [path, m] : net.modules())
      if (m->type_name() == nn::Conv2d::type) nn::reparametrize(net, path + ".weight", nn::WeightStandardization{});
  return net;
}

}  // namespace

void run(Experiment& e) {
  e.rule("with batches of one image the mean test accuracy of WS + GN is at least 0.2 above GN's, that of WS + BCN at least 0.3 above BN's, and, "
         "of scikit-learn's digits, both are at least 0.65");
  Digits data = digit_images();
  Split d = standardized(data);
  e.note(text(data.source, ", standardized. The bounds are those of scikit-learn's digits"));
  for (int64_t seed : e.seeds(3))
    for (const char* method : {"BN", "GN", "WS + GN", "WS + BCN"}) {
      e.begin(method, seed);
      nn::Sequential net = make(method);
      optim::SGD opt(net.parameters(), {.lr = 0.01, .momentum = 0.9});
      fit(net, opt, d, {.batch = 1, .steps = 600});
      e.measure("accuracy", accuracy(net, d.x_test, d.y_test));
    }
  for (auto [method, baseline, margin] : {std::tuple("WS + GN", "GN", 0.2), std::tuple("WS + BCN", "BN", 0.3)}) {
    double reached = e.mean(method, "accuracy");
    e.at_least(text("mean accuracy of ", method, " against ", baseline), reached, e.mean(baseline, "accuracy") + margin);
    if (data.genuine) e.at_least(text("mean accuracy of ", method), reached, 0.65);
  }
}

}  // namespace tare::papers::weight_standardization_bcn
