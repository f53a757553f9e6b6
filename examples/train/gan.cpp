// A generative adversarial network on eight Gaussians around a circle (Goodfellow et al. 2014, arXiv:1406.2661), with and without spectral
// normalization of the critic (Miyato et al. 2018, arXiv:1802.05957). Prints how many of the eight modes the generator reaches, how far its
// distribution is from the data's (sliced Wasserstein distance) and how steep the critic is (the product of its weights' spectral norms).
//
//   gan [plain|spectral] [STEPS] [SEED]
#include <tare.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace tare;

namespace {

constexpr int64_t kModes = 8, kBatch = 128, kNoise = 8;

Tensor centres() {
  std::vector<double> v;
  for (int64_t k = 0; k < kModes; k++) {
    double angle = 2 * 3.141592653589793 * double(k) / double(kModes);
    v.push_back(2 * std::cos(angle)), v.push_back(2 * std::sin(angle));
  }
  return from_vector(v, {kModes, 2});
}

Tensor real_points(int64_t n) { return index_select(centres(), 0, randint(0, kModes, {n})) + 0.05 * randn({n, 2}); }

/// Mean distance between the sorted shadows of the two clouds along 64 random directions.
double sliced_wasserstein(const Tensor& a, const Tensor& b) {
  Tensor directions = transpose(normalize(randn({64, 2}), 2, 1));
  return mean(abs(sort(matmul(a, directions), 0).values - sort(matmul(b, directions), 0).values)).item<double>();
}

void report(int64_t step, nn::Sequential& generator, nn::Sequential& critic) {
  NoGrad off;
  Tensor points = generator(randn({1000, kNoise}));
  ValuesAndIndices nearest = min(cdist(points, centres()), 1);
  Tensor hits = bincount(masked_select(nearest.indices, lt(nearest.values, 0.25)), {}, kModes);
  double steepness = 1;
  for (const Tensor& w : nn::weights_of(critic)) steepness *= max(svdvals(w)).item<double>();
  std::printf("step %lld: %lld of %lld modes, distance %.3f, critic's spectral norms %.2f\n", static_cast<long long>(step),
              static_cast<long long>(sum(to(ge(hits, 10), DType::int64)).item<int64_t>()), static_cast<long long>(kModes), sliced_wasserstein(points, real_points(1000)), steepness);
}

}  // namespace

int main(int argc, char** argv) {
  bool spectral = argc < 2 || std::string(argv[1]) != "plain";
  int64_t steps = argc > 2 ? std::max(1, std::atoi(argv[2])) : 800;
  manual_seed(argc > 3 ? uint64_t(std::atoll(argv[3])) : 0);
  nn::Sequential generator{nn::Linear{kNoise, 64}, nn::ReLU{}, nn::Linear{64, 64}, nn::ReLU{}, nn::Linear{64, 2}};
  nn::Sequential critic{nn::Linear{2, 64}, nn::LeakyReLU{{.negative_slope = 0.1}}, nn::Linear{64, 64}, nn::LeakyReLU{{.negative_slope = 0.1}}, nn::Linear{64, 1}};
  if (spectral) nn::reparametrize(critic, "*.weight", nn::SpectralNorm{});
  optim::Adam of_generator(generator.parameters(), {.lr = 1e-3, .betas = {0.5, 0.9}}), of_critic(critic.parameters(), {.lr = 1e-3, .betas = {0.5, 0.9}});
  for (int64_t step = 1; step <= steps; step++) {
    for (int turn = 0; turn < 2; turn++) {
      Tensor fake = generator(randn({kBatch, kNoise})).detach();
      of_critic.zero_grad();
      (mean(softplus(critic(fake))) + mean(softplus(-critic(real_points(kBatch))))).backward();
      of_critic.step();
    }
    of_generator.zero_grad();
    mean(softplus(-critic(generator(randn({kBatch, kNoise}))))).backward();
    of_generator.step();
    if (step % std::max<int64_t>(1, steps / 4) == 0) report(step, generator, critic);
  }
}
