// Federated averaging where each client has one class only: without normalization clients drive their losses to 0 by longer features, with
// features of fixed length, be it by LayerNorm or FeatureNorm, they cannot. How much of LayerNorm's gain the last of its layers makes.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::federated_layer_norm {
namespace {

constexpr const char* kAccuracy = "test accuracy";

/// 784-128-64-10 without biases, normalization after ReLU.
nn::Sequential network(const std::string& method) {
  nn::Sequential net;
  for (auto [in, out] : {std::pair<int64_t, int64_t>{784, 128}, {128, 64}}) {
    net.append(nn::Linear({.in_features = in, .out_features = out, .bias = false}));
    net.append(nn::ReLU());
    bool last = out == 64;
    if (method == "LN" || (last && method == "last LN")) net.append(nn::LayerNorm({.normalized_shape = {out}, .elementwise_affine = false}));
    if (last && method == "FN") net.append(nn::FeatureNorm({.scale_sqrt_dim = true}));
  }
  net.append(nn::Linear({.in_features = 64, .out_features = 10, .bias = false}));
  return net;
}

/// One client a class.
std::vector<data::Dataset> by_class(const Split& all) {
  std::vector<data::Dataset> clients;
  for (int64_t c = 0; c < 10; c++) {
    Tensor which = reshape(nonzero(eq(all.y, c)), {-1});
    clients.push_back(data::TensorDataset(index_select(all.x, 0, which), index_select(all.y, 0, which)));
  }
  return clients;
}

}  // namespace

void run(Experiment& e) {
  e.rule("on every seed FeatureNorm and LayerNorm reach 0.05 more than no normalization, and LayerNorm behind the last hidden layer alone is within "
         "0.02 of LayerNorm behind both");
  e.note("Fashion-MNIST, standardized, 10 clients with about 1000 images of one class each, averaged by their numbers; 25 rounds of 10 steps at "
         "0.01");
  Split all = standardized(flattened(fashion(10000, 5000)));
  std::vector<data::Dataset> clients = by_class(all);
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds)
    for (const char* method : {"none", "FN", "LN", "last LN"}) {
      e.begin(method, seed);
      nn::Sequential net = network(method);
      nn::FedAvg fed(net, clients, {.local_steps = 10, .batch_size = 32, .lr = 0.01, .seed = seed});
      for (int round = 1; round <= 25; round++) {
        fed.round();
        if (round % 5 == 0) e.point(kAccuracy, round, accuracy(net, all.x_test, all.y_test), "round");
      }
      e.measure(kAccuracy, accuracy(net, all.x_test, all.y_test));
    }
  for (int64_t seed : seeds) {
    auto of = [&](const char* method) { return e.value(method, kAccuracy, seed); };
    for (const char* method : {"FN", "LN"}) e.at_least(text(method, " - none, seed ", seed), of(method) - of("none"), 0.05);
    e.at_most(text("|LN - last LN|, seed ", seed), std::abs(of("LN") - of("last LN")), 0.02);
  }
}

}  // namespace tare::papers::federated_layer_norm
