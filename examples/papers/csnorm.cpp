// CSNorm: a net that denoises and relights digits is trained at one lightness and tested at others. The layer normalizes the channels its gate picks;
// the gate is trained in steps of its own, on inputs of other lightness.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::csnorm {
namespace {

constexpr int64_t kWidth = 16, kBatch = 16;
constexpr double kGains[] = {0.4, 0.2, 0.7};

std::string l1(double gain) { return text("L1 at gain ", gain); }

nn::Sequential make(const std::string& method) {
  auto conv = [](int64_t in, int64_t out) { return nn::Conv2d({.in_channels = in, .out_channels = out, .kernel_size = 3, .padding = 1}); };
  nn::AnyModule norm = nn::Identity();
  if (method == "IN") norm = nn::InstanceNorm2d({.num_features = kWidth, .affine = true});
  if (method.starts_with("CSNorm")) norm = nn::CSNorm(kWidth);
  nn::Sequential net{conv(1, kWidth)};
  net.append(norm);
  for (int i = 0; i < 2; i++) net.append(conv(kWidth, kWidth)), net.append(nn::ReLU());
  net.append(conv(kWidth, 1));
  return net;
}

Tensor dimmed(const Tensor& x, const Tensor& gain, Generator& random) { return gain * x + 0.05 * randn_like(x, &random); }

}  // namespace

void run(Experiment& e) {
  e.rule("mean L1 error of CSNorm, trained in turns, against no normalization: lower at gain 0.2, and at most 0.005 above it at gain 0.4, the "
         "gain of training");
  Digits d = digit_images();
  e.note(d.source);
  e.note("inputs are gain x + N(0, 0.05^2), targets x. CSNorm's steps draw gains from U(0.2, 0.8) a sample; both steps minimise L1 alone (the "
         "paper adds SSIM and amplitudes). In one step: all of the net on the inputs of training");
  for (int64_t seed : e.seeds(3))
    for (const std::string method : {"none", "CSNorm", "CSNorm in one step", "IN"}) {
      e.begin(method, seed);
      nn::Sequential net = make(method);
      ParameterList all = net.parameters(), gate = method == "CSNorm" ? all.select("1.*") : ParameterList();
      optim::Adam main(all.without(gate), {.lr = 3e-3}), turn({.lr = 3e-3});
      if (!gate.empty()) turn.bind(gate);
      Generator random{uint64_t(seed) + 1}, other{uint64_t(seed) + 2};
      for (int64_t step = 0; step < 300; step++) {
        Tensor x = index_select(d.x, 0, randint(0, d.y.numel(), {kBatch}, &random));
        main.step([&] { return l1_loss(net(dimmed(x, full({}, 0.4), random)), x); });
        if (!gate.empty()) turn.step([&] { return l1_loss(net(dimmed(x, uniform({kBatch, 1, 1, 1}, 0.2, 0.8, DType::float32, &other), other)), x); });
      }
      NoGrad off;
      Generator test{uint64_t(seed) + 3};
      for (double gain : kGains) e.measure(l1(gain), l1_loss(net(dimmed(d.x_test, full({}, gain), test)), d.x_test).item());
      if (auto* norm = dynamic_cast<nn::CSNorm*>(&net[1])) {
        Tensor open = norm->gate(net[0].call({&d.x_test, 1})[0]);
        e.measure("share of open gates", mean(to(gt(open, 0.5), DType::float32)).item());
      }
    }
  e.below("mean L1 at gain 0.2", e.mean("CSNorm", l1(0.2)), e.mean("none", l1(0.2)));
  e.at_most("mean L1 at gain 0.4 above none", e.mean("CSNorm", l1(0.4)) - e.mean("none", l1(0.4)), 0.005);
}

}  // namespace tare::papers::csnorm
