// NanoFlow: eight coupling steps that share a network, against eight networks. The claim: what is private to a step (a projection, an embedding, a gate)
// makes up for most of what sharing costs, at half the parameters.
#include "nn/flow/nano_flow.h"

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "nn/flow/flow.h"
#include "tare.h"

namespace tare::papers::nanoflow {
namespace {

constexpr const char *kNll = "test NLL/dim", *kTrain = "training NLL/dim", *kCount = "parameters";

Tensor nll(nn::NanoFlow& flow, const Tensor& x) {
  Tensors out = flow(x);
  return -mean(nn::standard_normal_log_prob(out[0]) + out[1]) / 64.0;
}

}  // namespace

void run(Experiment& e) {
  e.rule("sharing everything (naive) is worse than the next worst of separate, decomposed and full by at least 0.04 nats a dimension, full is better than decomposed on "
         "average and at most 0.015 above separate networks, with at most half their parameters");
  Digits data = digits();
  e.note(data.source);
  struct Method {
    const char* name;
    nn::NanoVariant variant;
    int64_t flows;
  };
  const Method methods[] = {{"separate", nn::NanoVariant::separate, 8}, {"naive", nn::NanoVariant::naive, 8}, {"decomposed", nn::NanoVariant::decomposed, 8},
                            {"full", nn::NanoVariant::full, 8}, {"separate, 2 steps", nn::NanoVariant::separate, 2}};
  for (int64_t seed : e.seeds(2)) {
    manual_seed(uint64_t(seed));
    Levels levels = continuous_levels(data, true);
    for (const Method& m : methods) {
      e.begin(m.name, seed);
      nn::NanoFlow flow({.variant = m.variant, .dim = 64, .flows = m.flows, .layers = 2, .hidden = 64, .embed_dim = 16});
      optim::Adam opt(flow.parameters(), {.lr = 2e-3});
      double best = INFINITY;
      auto test = [&](int64_t step) {
        NoGrad off;
        double now = nll(flow, levels.test).item<double>();
        best = std::min(best, now);
        e.point("test NLL/dim", double(step), now);
      };
      double late = train(opt, {.samples = levels.train.size(0), .batch = 128, .steps = 500, .every = 50, .report = test},
                          [&](const Tensor& index) { return nll(flow, index_select(levels.train, 0, index)); });
      e.measure(kNll, best);
      e.measure(kTrain, late);
      e.measure(kCount, double(flow.parameters().numel()));
    }
  }
  double separate = e.mean("separate", kNll), decomposed = e.mean("decomposed", kNll), full = e.mean("full", kNll);
  e.note(text("two separate steps, beside the claim: ", e.mean("separate, 2 steps", kNll), " with twice the parameters of naive, ", e.mean("naive", kNll)));
  e.at_least("naive above the worst of the others", e.mean("naive", kNll) - std::max({separate, decomposed, full}), 0.04);
  e.below("full", full, decomposed);
  e.at_most("full above separate", full - separate, 0.015);
  e.at_most("parameters of full / of separate", e.mean("full", kCount) / e.mean("separate", kCount), 0.5);
}

}  // namespace tare::papers::nanoflow
