// A tensor of tubal rank 1 from 60 measurements (of 108 numbers) by gradient descent on a factor twelve times too wide: a tiny start finds it, a
// large one fits the measurements by another tensor.
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::tubal_factorization {
namespace {

constexpr int64_t kSize = 6, kTube = 3, kWidth = 12, kMeasurements = 60, kSteps = 4000;

/// U * U^T with every Fourier slice a projection of rank 1.
Tensor make_truth() {
  Tensor u = randn({kSize, 1, kTube}), slices = fft(complex(u, zeros_like(u)));
  Tensor unit = slices / sqrt(sum(square(slices), {0, 1, 3}, true));
  Tensor normalized = select(ifft(unit), -1, 0);
  return t_product(normalized, t_transpose(normalized));
}

}  // namespace

void run(Experiment& e) {
  e.rule("from 1e-5 the relative error is below 0.001 and the second Fourier singular value below 0.01 of the first; from 1 the error is above 0.01 "
         "and at least 5 times larger, "
         "on every seed");
  DefaultDtype wide(DType::float64);
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (auto [method, alpha] : {std::pair{"large start", 1.0}, std::pair{"middling start", 0.1}, std::pair{"small start", 1e-5}}) {
      e.begin(method, seed);
      Tensor truth = make_truth(), g = randn({kMeasurements, kSize, kSize, kTube}) / std::sqrt(double(kMeasurements));
      Tensor y = mv(reshape(g, {kMeasurements, -1}), reshape(truth, {-1}));
      Tensor u = randn({kSize, kWidth, kTube}) * (alpha / std::sqrt(double(kWidth)));
      for (int64_t step = 0; step < kSteps; step++) {
        Tensor leaf = u.set_requires_grad();
        u = (u.detach() - 0.05 * grad(nn::tubal_sensing_loss(leaf, g, y), leaf)).detach();
      }
      Tensor x = t_product(u, t_transpose(u)), s = amax(t_svdvals(x), {1});
      e.measure("test error", (norm(x - truth) / norm(truth)).item());
      e.measure("training loss", nn::tubal_sensing_loss(u, g, y).item());
      e.measure("s2 / s1", select(s, 0, 1).item() / select(s, 0, 0).item());
    }
  for (int64_t seed : seeds) {
    double small = e.value("small start", "test error", seed), large = e.value("large start", "test error", seed);
    e.below(text("error of the small start, seed ", seed), small, 1e-3);
    e.below(text("s2 / s1 of the small start, seed ", seed), e.value("small start", "s2 / s1", seed), 1e-2);
    e.above(text("error of the large start, seed ", seed), large, 0.01);
    e.at_least(text("large / small, seed ", seed), large / small, 5);
  }
}

}  // namespace tare::papers::tubal_factorization
