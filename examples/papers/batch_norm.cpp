// Batch normalization: the paper's three layers of 100 sigmoids, with small weights and a large step. With normalization between each linear map and
// its sigmoids the net trains, without it does not; and what reaches a sigmoid of the last layer keeps its place while the layers below change.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::batch_norm {
namespace {

constexpr const char *kSpread = "spread of the median", *kRelative = "spread over width";

nn::Sequential make(bool normalized) {
  nn::Sequential net = mlp({196, 100, 100, 100, 10}, [&](int64_t width) {
    std::vector<nn::AnyModule> after;
    if (normalized) after.push_back(nn::BatchNorm1d(width));
    after.push_back(nn::Sigmoid());
    return after;
  });
  for (auto& p : net.parameters())
    if (p.owner == "Linear") p.role == Role::bias ? nn::init::zeros_(p.tensor) : nn::init::normal_(p.tensor, 0, 0.05);
  return net;
}

/// Percentiles 15, 50 and 85 of the inputs of the last sigmoids, (3, 100), over a batch as training sees it.
Tensor percentiles(nn::Sequential& net, const Tensor& x) {
  NoGrad off;
  FrozenStatistics frozen;
  Tensor inputs;
  std::string last = text(net.size() - 2);
  auto scope = net.observe([&](const nn::Module::Event& event) {
    if (event.path == last) inputs = event.inputs[0];
  });
  net(x);
  return quantile(inputs, tensor({0.15, 0.5, 0.85}), 0);
}

}  // namespace

void run(Experiment& e) {
  e.rule("with batch normalization the test accuracy is at least 0.70 and at least 0.3 above that without, and the median of what reaches a "
         "sigmoid of the last layer spreads less over training, on every seed");
  e.note("the spread is max - min over training of the median over 500 training images, averaged over the 100 sigmoids; beside it the same over "
         "the distance between the 15th and 85th percentile. Images are Fashion-MNIST's at 14 x 14, standardized, the paper's are MNIST's");
  Split d = standardized(flattened(pooled(fashion(8000, 2000), 2)));
  Tensor watched = narrow(d.x, 0, 0, 500);
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (const char* method : {"without", "batch norm"}) {
      e.begin(method, seed);
      nn::Sequential net = make(method == std::string("batch norm"));
      optim::SGD opt(net.parameters(), {.lr = 0.5});
      Tensors seen;
      auto watch = [&](int64_t step) {
        seen.push_back(percentiles(net, watched));
        Tensor first = select(seen.back(), 1, 0);
        for (int64_t i = 0; i < 3 && seed == 0; i++)
          e.point(text("input of a sigmoid of the last layer, percentile ", 15 + 35 * i), double(step), select(first, 0, i).item());
      };
      watch(0);
      fit(net, opt, d, {.batch = 60, .steps = 300, .every = 10, .report = watch});
      Tensor all = stack(seen), medians = select(all, 1, 1), range = amax(medians, {0}) - amin(medians, {0});
      Tensor width = mean(select(all, 1, 2) - select(all, 1, 0), {0});
      e.measure(kSpread, mean(range).item());
      e.measure(kRelative, mean(range / width).item());
      e.measure("accuracy", accuracy(net, d.x_test, d.y_test));
    }
  for (int64_t seed : seeds) {
    double with = e.value("batch norm", "accuracy", seed);
    e.at_least(text("accuracy, seed ", seed), with, 0.70);
    e.at_least(text("accuracy above that without, seed ", seed), with - e.value("without", "accuracy", seed), 0.3);
    e.below(text(kSpread, ", seed ", seed), e.value("batch norm", kSpread, seed), e.value("without", kSpread, seed));
  }
}

}  // namespace tare::papers::batch_norm
