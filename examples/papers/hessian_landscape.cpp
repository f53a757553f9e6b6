// Hessian criteria: do they follow accuracy when the data shift, where the usual measures of sharpness (trace, largest eigenvalue) do not?
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::hessian_landscape {
namespace {

constexpr double kNoise[] = {0, 0.2, 0.4, 0.6, 0.8, 1.2};

/// Spearman's, of numbers that are all different.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  auto ranks = [](const std::vector<double>& v) { return to(argsort(argsort(from_vector(v, {int64_t(v.size())}, DType::float64))), DType::float64); };
  Tensor x = ranks(a), y = ranks(b);
  return 1 - 6 * sum(square(x - y)).item() / (double(a.size()) * (double(a.size() * a.size()) - 1));
}

nn::HessianCriteria criteria(nn::Sequential& net, const Tensor& x, const Tensor& y) {
  auto [eigenvalues, weights] = nn::HessianSpectrum({.model = net, .n_iter = 40})(x, y);
  return nn::hessian_criteria(eigenvalues, weights);
}

}  // namespace

void run(Experiment& e) {
  e.rule("over six levels of noise on the test inputs re and Kh05 strictly grow while accuracy strictly falls, and trace and largest eigenvalue do not follow it strictly; at the start re is more than 20 times "
         "its value after training; on every seed");
  DefaultDtype wide(DType::float64);
  Digits d = digits(1200);
  e.note(d.source);
  e.note("the bounds are those of scikit-learn's digits; on harder images the trained net is far from a minimum of the test loss before any noise");
  auto inputs = [](const Tensor& x) { return to(x, DType::float64) / 16; };
  Tensor x = narrow(inputs(d.x), 0, 0, 1000), y = narrow(d.y, 0, 0, 1000), x_test = inputs(d.x_test);
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds) {
    e.begin("start", seed);
    nn::Sequential net{nn::Linear(64, 16), nn::Tanh(), nn::Linear(16, 10)};
    e.measure("re on training data", criteria(net, x, y).re);
    e.begin("trained", seed);
    optim::Adam opt(net.parameters(), {.lr = 5e-3, .weight_decay = 1e-3});
    train(opt, {.samples = 1000, .batch = 64, .steps = 600}, [&](const Tensor& index) { return nn::cross_entropy(net(index_select(x, 0, index)), index_select(y, 0, index)); });
    e.measure("re on training data", criteria(net, x, y).re);
    Tensor noise = randn(x_test.shape());
    for (double sd : kNoise) {
      e.begin(text("noise ", sd), seed);
      Tensor shifted = x_test + sd * noise;
      e.measure("accuracy", accuracy(net, shifted, d.y_test));
      nn::HessianCriteria c = criteria(net, shifted, d.y_test);
      e.measure("re", c.re);
      e.measure("Kh05", c.khn);
      e.measure("trace", nn::HessianTrace({.model = net})(shifted, d.y_test).item());
      e.measure("largest eigenvalue", nn::HessianEigenvalues({.model = net})(shifted, d.y_test).item());
    }
  }
  for (int64_t seed : seeds) {
    auto over_noise = [&](const char* metric) {
      std::vector<double> v;
      for (double sd : kNoise) v.push_back(e.value(text("noise ", sd), metric, seed));
      return v;
    };
    std::vector<double> right = over_noise("accuracy");
    std::vector<double> levels(std::begin(kNoise), std::end(kNoise));
    e.at_most(text("rank correlation of accuracy with noise, seed ", seed), rank_correlation(right, levels), -1);
    for (const char* metric : {"re", "Kh05"}) e.at_most(text("rank correlation of ", metric, " with accuracy, seed ", seed), rank_correlation(over_noise(metric), right), -1);
    for (const char* metric : {"trace", "largest eigenvalue"})
      e.below(text("|rank correlation| of ", metric, " with accuracy, seed ", seed), std::abs(rank_correlation(over_noise(metric), right)), 1);
    e.above(text("re at the start, seed ", seed), e.value("start", "re on training data", seed), 20 * e.value("trained", "re on training data", seed));
  }
}

}  // namespace tare::papers::hessian_landscape
