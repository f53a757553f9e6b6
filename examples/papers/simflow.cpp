// SimFlow: an autoencoder and a flow on its latents, trained together. The claim: with a fixed amount of noise on the latents samples are about as good as with
// a trained amount; with hardly any the likelihood is driven up by shrinking the latents, and samples collapse.
#include "nn/flow/affine_coupling.h"

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::simflow {
namespace {

constexpr int64_t kLatent = 16, kSamples = 2000, kSteps = 1500;
constexpr double kNllWeight = 0.02;
constexpr const char *kDistance = "Frechet distance", *kRecon = "test reconstruction", *kSpread = "std of mu";

struct Moments {
  Tensor mean, covariance;
};
Moments moments(const Tensor& x) {
  Tensor v = to(x, DType::float64), m = mean(v, {0}), centred = v - m;
  return {m, matmul(transpose(centred), centred) / double(v.size(0) - 1) + 1e-6 * eye(v.size(1), v.size(1), DType::float64)};
}
/// |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2).
double frechet(const Tensor& x, const Tensor& y) {
  Moments a = moments(x), b = moments(y);
  auto [w, v] = eigh(a.covariance);
  Tensor root = matmul(v * sqrt(clamp(w, 0.0)), transpose(v)), inner = matmul(matmul(root, b.covariance), root);
  Tensor cross = sum(sqrt(clamp(eigvalsh(inner), 0.0)));
  return (sum(square(a.mean - b.mean)) + trace(a.covariance) + trace(b.covariance) - 2.0 * cross).item<double>();
}

}  // namespace

void run(Experiment& e) {
  e.rule("the Frechet distance of samples with fixed noise is below half of that with hardly any and their test reconstruction error below 0.02, on every seed, and the distance is at most "
         "1.02 of that with trained noise on average");
  Digits data = digits();
  e.note(data.source);
  Tensor x = data.x / 16.0, test = data.x_test / 16.0;
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (const char* method : {"fixed 0.5", "learned", "tiny 0.01"}) {
      e.begin(method, seed);
      bool learned = std::string_view(method) == "learned";
      double sigma = std::string_view(method) == "fixed 0.5" ? 0.5 : 0.01;
      nn::Sequential encoder{nn::Linear(64, 128), nn::SiLU{}, nn::Linear(128, learned ? 2 * kLatent : kLatent)};
      nn::Sequential decoder{nn::Linear(kLatent, 128), nn::SiLU{}, nn::Linear(128, 64)};
      nn::AffineCouplingStack flow({.dim = kLatent, .blocks = 4, .hidden = 64, .scale_bound = 2});
      flow.start_as_identity();
      auto opt = optim::chain(optim::clip_by_norm(1.0), optim::Adam{{.lr = 2e-3}});
      opt.bind(joined({{"encoder", &encoder}, {"decoder", &decoder}, {"flow", &flow}}));
      train(opt, {.samples = x.size(0), .batch = 128, .steps = kSteps}, [&](const Tensor& index) {
        Tensor batch = index_select(x, 0, index), code = encoder(batch), mu = narrow(code, 1, 0, kLatent), z, entropy;
        if (learned) {
          Tensor log_variance = narrow(code, 1, kLatent, kLatent);
          z = mu + exp(0.5 * log_variance) * randn_like(mu);
          entropy = 0.5 * mean(log_variance);
        } else {
          z = mu + sigma * randn_like(mu);
        }
        Tensor loss = mean(square(batch - decoder(z))) - kNllWeight * mean(flow.log_prob(z)) / double(kLatent);
        return learned ? loss - kNllWeight * entropy : loss;
      });
      NoGrad off;
      Tensor mu = narrow(encoder(test), 1, 0, kLatent);
      e.measure(kDistance, frechet(decoder(flow.generate(randn({kSamples, kLatent}))[0]), test));
      e.measure(kRecon, mean(square(test - decoder(mu))).item<double>());
      e.measure(kSpread, std_mean(mu, {}).first.item<double>());
    }
  for (int64_t seed : seeds) {
    e.below(text("Frechet distance of fixed noise, against half of tiny's, seed ", seed), e.value("fixed 0.5", kDistance, seed), 0.5 * e.value("tiny 0.01", kDistance, seed));
    e.below(text("test reconstruction with fixed noise, seed ", seed), e.value("fixed 0.5", kRecon, seed), 0.02);
  }
  e.at_most("Frechet distance of fixed / of learned noise, means", e.mean("fixed 0.5", kDistance) / e.mean("learned", kDistance), 1.02);
}

}  // namespace tare::papers::simflow
