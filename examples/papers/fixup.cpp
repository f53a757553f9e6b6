// Fixup: residual perceptrons of 10, 50 and 100 blocks without normalization. The first step shall change the function as much at every depth, and
// all depths shall train at the usual rate; with the usual start they blow up, and with batch normalization the first step changes the more the
// deeper the net is.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::fixup {
namespace {

constexpr int64_t kWidth = 64, kBatch = 128;
constexpr int64_t kDepths[] = {10, 50, 100};
constexpr const char *kAccuracy = "train accuracy", *kChange = "change by the first step";

/// Linear, ReLU, blocks relu(x + branch(x)), Linear.
nn::Sequential make(std::string_view arm, int64_t blocks) {
  nn::Sequential net{nn::Linear{64, kWidth}, nn::ReLU{}};
  for (int64_t b = 0; b < blocks; b++) {
    if (arm == "fixup") {
      net.append(nn::FixupMLPBlock({.features = kWidth}));
      continue;
    }
    nn::Sequential branch;
    for (bool second : {false, true}) {
      nn::Linear linear({.in_features = kWidth, .out_features = kWidth, .bias = false});
      nn::init::kaiming_normal_(linear.weight.leaf());
      if (second) branch.append(nn::ReLU{});
      branch.append(linear);
      if (arm == "bn") branch.append(nn::BatchNorm1d{kWidth});
    }
    net.append(nn::Residual(branch));
    net.append(nn::ReLU{});
  }
  std::string head = text(net.size());
  net.append(nn::Linear{kWidth, 10});
  if (arm == "fixup") nn::init::fixup(net, head);
  if (arm == "bn")
    for (auto& p : net.parameters().select(head + ".*")) nn::init::zeros_(p.tensor);
  return net;
}

std::string method(std::string_view arm, int64_t blocks, double lr) { return text(arm, ", ", blocks, " blocks, rate ", lr); }

}  // namespace

void run(Experiment& e) {
  e.rule("at rate 0.1 fixup ends at a training accuracy of at least 0.95 at every depth; the usual start without normalization (none) diverges or "
         "stays below 0.5 from 50 blocks on at both rates; the first step's change of the function is within 5% the same for 100 and 10 blocks "
         "with fixup, and at least 5 times larger with batch normalization (bn)");
  Digits d = digits(1297);
  Split data = standardized(d);
  e.note(d.source);
  e.note("the bound on accuracy is that of scikit-learn's digits, on which 60 steps go far");
  e.note("accuracy 0 stands for training that ended in gradients that are not finite");
  Tensor probe = narrow(data.x, 0, 0, kBatch);
  auto seeds = e.seeds(1);
  for (int64_t seed : seeds)
    for (double lr : {0.1, 0.01})
      for (int64_t blocks : kDepths)
        for (const char* arm : {"none", "fixup", "bn"}) {
          e.begin(method(arm, blocks, lr), seed);
          nn::Sequential net = make(arm, blocks);
          manual_seed(uint64_t(seed));  // the same minibatches at every depth
          optim::SGD opt(net.parameters(), {.lr = lr, .momentum = 0.9});
          if (arm == std::string_view("fixup")) opt.add_group(net.parameters().select(Role::other), Json::Object{{"lr", lr / 10}});
          auto outputs = [&] {
            NoGrad off;
            FrozenStatistics still;
            return net(probe);
          };
          Tensor before = outputs();
          auto after_step = [&](int64_t step) {
            if (step == 1) e.measure(kChange, norm(outputs() - before).item<double>());
          };
          double loss = fit(net, opt, data, {.batch = kBatch, .steps = 60, .every = 1, .report = after_step});
          e.measure(kAccuracy, std::isfinite(loss) ? accuracy(net, data.x, data.y) : 0);
        }
  for (int64_t seed : seeds) {
    auto growth = [&](const char* arm) { return e.value(method(arm, 100, 0.1), kChange, seed) / e.value(method(arm, 10, 0.1), kChange, seed); };
    for (int64_t blocks : kDepths) {
      e.at_least(text(kAccuracy, ", fixup, ", blocks, " blocks, seed ", seed), e.value(method("fixup", blocks, 0.1), kAccuracy, seed), 0.95);
      if (blocks < 50) continue;
      for (double lr : {0.1, 0.01}) {
        std::string none = method("none", blocks, lr);
        e.below(text(kAccuracy, ", ", none, ", seed ", seed), e.value(none, kAccuracy, seed), 0.5);
      }
    }
    e.at_most(text("fixup: |change at 100 blocks / at 10 - 1|, seed ", seed), std::abs(growth("fixup") - 1), 0.05);
    e.at_least(text("bn: change at 100 blocks / at 10, seed ", seed), growth("bn"), 5);
  }
}

}  // namespace tare::papers::fixup
