// Gradient filtering: does fine-tuning the last convolutions with patch-wise gradients reach what exact gradients reach, at a fraction of the backward pass?
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::gradient_filtering {
namespace {

constexpr int64_t kSide = 14, kChannels = 32;

/// radius 0: plain convolutions.
nn::Sequential make(int64_t radius) {
  auto conv = [](int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    return nn::Conv2d({.in_channels = in, .out_channels = out, .kernel_size = kernel, .stride = stride, .padding = kernel / 2});
  };
  nn::Sequential net{conv(1, 16, 3, 2), nn::ReLU(), conv(16, kChannels, 3, 1), nn::ReLU()};
  for (int layer = 0; layer < 2; layer++) {
    if (radius == 0) net.append(conv(kChannels, kChannels, 1, 1));
    else net.append(nn::GradientFilterConv2d({.in_channels = kChannels, .out_channels = kChannels, .kernel_size = 1, .radius = radius}));
    net.append(nn::ReLU());
  }
  for (nn::AnyModule part : {nn::AnyModule(nn::AdaptiveAvgPool2d(1)), nn::AnyModule(nn::Flatten()), nn::AnyModule(nn::Linear(kChannels, 10))}) net.append(std::move(part));
  return net;
}

/// Multiply-adds of a 1 x 1 layer's two backward products, on maps of patches of side r; pooling not counted.
double backward_products(int64_t r) {
  double patches = std::ceil(double(kSide) / double(r));
  return 2 * patches * patches * kChannels * kChannels;
}

}  // namespace

void run(Experiment& e) {
  e.rule("the mean accuracy with r = 2 is at least that of exact gradients - 0.03 and that of training the head alone + 0.02; the backward products cost at most 0.3 (r = 2) and 0.1 (r = 4) of the exact ones");
  Split d = fashion(4000, 2000);
  Tensor turned = flip(d.x, {2}), turned_test = flip(d.x_test, {2});
  auto seeds = e.seeds(2);
  struct Method {
    const char* name;
    int64_t radius;
  };
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    nn::Sequential base = make(0);
    optim::Adam pretrain(base.parameters(), {.lr = 3e-3});
    train(pretrain, {.samples = 2000, .batch = 50, .steps = 120}, [&](const Tensor& index) { return nn::cross_entropy(base(index_select(d.x, 0, index)), index_select(d.y, 0, index)); });
    for (auto [name, radius] : {Method{"head only", 0}, Method{"exact", 0}, Method{"r = 2", 2}, Method{"r = 4", 4}, Method{"r = 7", 7}}) {
      e.begin(name, seed);
      nn::Sequential net = make(radius);
      net.load_state(base.state());
      nn::freeze(net, "0.*");
      nn::freeze(net, "2.*");
      if (std::string_view(name) == "head only") nn::freeze(net, "4.*"), nn::freeze(net, "6.*");
      net.train();
      optim::Chain opt = optim::chain(optim::clip_by_norm(1.0), optim::SGD{{.lr = 0.03, .momentum = 0.9}});
      opt.bind(net.parameters());
      train(opt, {.samples = 2000, .batch = 50, .steps = 160}, [&](const Tensor& index) {
        Tensor later = index + 2000;
        return nn::cross_entropy(net(index_select(turned, 0, later)), index_select(d.y, 0, later));
      });
      e.measure("accuracy", accuracy(net, turned_test, d.y_test));
      if (std::string_view(name) != "head only") e.measure("backward products", backward_products(std::max<int64_t>(1, radius)) / backward_products(1));
    }
  }
  double filtered = e.mean("r = 2", "accuracy");
  e.at_least("accuracy with r = 2 against exact", filtered, e.mean("exact", "accuracy") - 0.03);
  e.at_least("accuracy with r = 2 against the head alone", filtered, e.mean("head only", "accuracy") + 0.02);
  e.at_most("backward products with r = 2", e.mean("r = 2", "backward products"), 0.3);
  e.at_most("backward products with r = 4", e.mean("r = 4", "backward products"), 0.1);
}

}  // namespace tare::papers::gradient_filtering
