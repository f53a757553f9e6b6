// A generative adversarial network on eight Gaussians around a circle (Goodfellow et al. 2014, arXiv:1406.2661), with and without spectral
// normalization of the critic (Miyato et al. 2018, arXiv:1802.05957). Prints how many of the eight modes the generator reaches.
//
//   gan [plain|spectral] [STEPS] [SEED]
#include <tare.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace tare;

namespace {

constexpr int64_t kModes = 8, kBatch = 256, kNoise = 8;

Tensor centres() {
  std::vector<double> v;
  for (int64_t k = 0; k < kModes; k++) {
    double angle = 2 * 3.141592653589793 * double(k) / double(kModes);
    v.push_back(2 * std::cos(angle)), v.push_back(2 * std::sin(angle));
  }
  return from_vector(v, {kModes, 2});
}

Tensor real_points() { return index_select(centres(), 0, randint(0, kModes, {kBatch})) + 0.05 * randn({kBatch, 2}); }

nn::Sequential net(int64_t in, int64_t out) {
  return nn::Sequential{nn::Linear{in, 64}, nn::ReLU{}, nn::Linear{64, 64}, nn::ReLU{}, nn::Linear{64, out}};
}

/// Modes that get at least 1 % of the points, and the share of points within 0.25 of a mode.
std::pair<int64_t, double> quality(nn::Module& generator) {
  NoGrad off;
  Tensor points = generator.call(Tensors{randn({4096, kNoise})})[0];
  ValuesAndIndices nearest = min(cdist(points, centres()), 1);
  Tensor good = lt(nearest.values, 0.25);
  Tensor hits = bincount(masked_select(nearest.indices, good), {}, kModes);
  return {sum(to(ge(hits, 41), DType::int64)).item<int64_t>(), mean(to(good, DType::float64)).item<double>()};
}

}  // namespace

int main(int argc, char** argv) {
  bool spectral = argc < 2 || std::string(argv[1]) != "plain";
  int64_t steps = argc > 2 ? std::max(1, std::atoi(argv[2])) : 4000;
  manual_seed(argc > 3 ? uint64_t(std::atoll(argv[3])) : 0);
  nn::Sequential generator = net(kNoise, 2), critic = net(2, 1);
  if (spectral) nn::reparametrize(critic, "*.weight", nn::SpectralNorm{});
  optim::Adam of_generator(generator.parameters(), {.lr = 5e-4, .betas = {0.5, 0.9}}), of_critic(critic.parameters(), {.lr = 5e-4, .betas = {0.5, 0.9}});
  for (int64_t step = 1; step <= steps; step++) {
    Tensor fake;
    {
      NoGrad off;
      fake = generator(randn({kBatch, kNoise}));
    }
    of_critic.zero_grad();
    (mean(softplus(critic(fake))) + mean(softplus(-critic(real_points())))).backward();
    of_critic.step();
    of_generator.zero_grad();
    mean(softplus(-critic(generator(randn({kBatch, kNoise}))))).backward();
    of_generator.step();
    if (step % (steps / 8 > 0 ? steps / 8 : 1) == 0) {
      auto [modes, share] = quality(generator);
      std::printf("step %lld: %lld of %lld modes, %.0f%% of the points near one\n", static_cast<long long>(step), static_cast<long long>(modes),
                  static_cast<long long>(kModes), 100 * share);
    }
  }
}
