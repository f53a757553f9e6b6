// Free-form injective flows: a ring in R^8, learned with two latent coordinates. The claim: with the encoder's Jacobian taken at the data the decoder turns
// N(0, I) into the data; taken at the reconstructions training degrades; an autoencoder without the likelihood has no such density at all.
#include "nn/flow/injective_flow.h"

#include <numbers>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::injective_flow {
namespace {

constexpr int64_t kData = 8, kLatent = 2, kPoints = 2000;
constexpr const char *kRec = "squared error", *kMmd = "MMD^2";

/// [cos t, sin t, u] turned into R^8, u in [-0.25, 0.25], noise 0.02.
Tensor ring(const Tensor& frame) {
  Tensor t = 2 * std::numbers::pi * rand({kPoints}), u = 0.5 * rand({kPoints}) - 0.25;
  return matmul(stack({cos(t), sin(t), u}, 1), transpose(frame)) + 0.02 * randn({kPoints, kData});
}

nn::Sequential network(int64_t in, int64_t out) {
  return nn::Sequential{nn::Linear(in, 64), nn::SiLU{}, nn::Linear(64, 64), nn::SiLU{}, nn::Linear(64, out)};
}

}  // namespace

void run(Experiment& e) {
  e.rule("off the manifold MMD^2 is below half of that on the manifold and below half of the autoencoder's on every seed, and the squared error is below that on the manifold on at "
         "least two seeds of three");
  e.note("MMD^2: mean k(x, x) + mean k(y, y) - 2 mean k(x, y) of 2000 decoded samples of N(0, I) and the test set, k(a, b) = exp(-|a - b|^2 / (2 0.3^2))");
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    Tensor frame = qr(randn({kData, 3})).first, data = ring(frame), test = ring(frame);
    for (const char* method : {"off-manifold", "on-manifold", "autoencoder"}) {
      e.begin(method, seed);
      bool on_manifold = std::string_view(method) == "on-manifold", flow = std::string_view(method) != "autoencoder";
      nn::Sequential encoder = network(kData, kLatent), decoder = network(kLatent, kData);
      ParameterList parameters = joined({{"encoder", &encoder}, {"decoder", &decoder}});
      auto opt = optim::chain(optim::clip_by_norm(5.0), optim::Adam{{.lr = 2e-3}});
      opt.bind(parameters);
      auto f = [&](const Tensor& x) { return encoder(x); };
      auto g = [&](const Tensor& z) { return decoder(z); };
      train(opt, {.samples = kPoints, .batch = 128, .steps = 800}, [&](const Tensor& index) {
        Tensor x = index_select(data, 0, index);
        if (!flow) return 20.0 * mean(sum(square(x - g(f(x))), {1}));
        return mean(nn::injective_flow_loss(f, g, x, nn::hutchinson_directions(x.size(0), kLatent, 1, x.dtype()), 20, on_manifold).loss);
      });
      NoGrad off;
      e.measure(kRec, mean(sum(square(test - g(f(test))), {1})).item<double>());
      e.measure(kMmd, mmd_squared(g(randn({kPoints, kLatent})), test, 0.3));
    }
  }
  double better = 0;
  for (int64_t seed : seeds) {
    double off = e.value("off-manifold", kMmd, seed);
    e.below(text("MMD^2 off the manifold, against half of that on it, seed ", seed), off, 0.5 * e.value("on-manifold", kMmd, seed));
    e.below(text("MMD^2 off the manifold, against half of the autoencoder's, seed ", seed), off, 0.5 * e.value("autoencoder", kMmd, seed));
    better += e.value("off-manifold", kRec, seed) < e.value("on-manifold", kRec, seed);
  }
  e.at_least("seeds whose squared error is below that on the manifold", better, double(seeds.size()) * 2 / 3);
}

}  // namespace tare::papers::injective_flow
