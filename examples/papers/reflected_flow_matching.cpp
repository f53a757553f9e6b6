// Reflected flow matching: data that hug the corners of a square. The claim: a sampler that reflects at the walls never leaves the square and comes nearer to the
// data than clipping what has left it, which in turn is better than leaving it there. All three share one trained field.
#include "nn/flow/reflected_flow_matching.h"

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::reflected_flow_matching {
namespace {

constexpr int64_t kSamples = 2000;

/// x = c (1 - 0.25 u), c a corner, u ~ U(0, 1)^2.
Tensor corners(int64_t n) {
  Tensor c = 2.0 * to(gt(rand({n, 2}), 0.5), DType::float32) - 1.0;
  return c * (1.0 - 0.25 * rand({n, 2}));
}

double share(const Tensor& condition) { return mean(to(condition, DType::float64)).item<double>(); }

}  // namespace

void run(Experiment& e) {
  e.rule("no reflected sample is outside the box, more than 0.1 of the plain ones are, and the MMD^2 to the data falls from plain to clipped to reflected, with 10 and with 20 steps of Euler, "
         "on every seed");
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    nn::ReflectedFlowMatching matching({.low = -1, .high = 1, .prior = "uniform"});
    nn::Sequential net{nn::Linear(3, 64), nn::SiLU{}, nn::Linear(64, 64), nn::SiLU{}, nn::Linear(64, 2)};
    auto model = [&](const Tensor& x, const Tensor& t) { return net(cat({x, unsqueeze(t, 1)}, 1)); };
    optim::Adam opt(net.parameters(), {.lr = 2e-3});
    train(opt, {.steps = 600}, [&](const Tensor&) { return matching.loss(model, corners(256)); });
    Tensor data = corners(kSamples);
    for (const char* method : {"plain", "clipped", "reflected"}) {
      e.begin(method, seed);
      for (int64_t steps : {5, 10, 20}) {
        NoGrad off;
        manual_seed(uint64_t(seed) + 1000);  // the same start for all three
        Tensor x = matching.prior({kSamples, 2}, DType::float32);
        if (std::string_view(method) == "reflected") {
          x = nn::reflected_ode([&](const Tensor& at, double t) { return model(at, full({kSamples}, t)); }, x, steps, -1, 1);
        } else {
          for (int64_t n = 0; n < steps; n++) x = x + model(x, full({kSamples}, double(n) / double(steps))) / double(steps);
          if (std::string_view(method) == "clipped") x = clamp(x, -1.0, 1.0);
        }
        Tensor farthest = amax(abs(x), {1});
        e.measure(text("outside, N = ", steps), share(gt(farthest, 1)));
        e.measure(text("on the wall, N = ", steps), share(eq(farthest, 1)));
        e.measure(text("MMD^2, N = ", steps), mmd_squared(x, data, 0.2));
      }
    }
  }
  for (int64_t seed : seeds)
    for (int64_t steps : {10, 20}) {
      std::string mmd = text("MMD^2, N = ", steps), outside = text("outside, N = ", steps), at = text(", seed ", seed);
      e.at_most(text("reflected ", outside, at), e.value("reflected", outside, seed), 0);
      e.above(text("plain ", outside, at), e.value("plain", outside, seed), 0.1);
      e.below(text("reflected ", mmd, ", against clipped", at), e.value("reflected", mmd, seed), e.value("clipped", mmd, seed));
      e.below(text("clipped ", mmd, ", against plain", at), e.value("clipped", mmd, seed), e.value("plain", mmd, seed));
    }
}

}  // namespace tare::papers::reflected_flow_matching
