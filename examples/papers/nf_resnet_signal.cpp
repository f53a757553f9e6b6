// Signals in residual nets without normalization: twelve blocks x + alpha branch(x / expected deviation) on noise, with scaled weight standardization
// and with Gaussian weights by He et al. The first shall keep the variance that is predicted, 1 + alpha^2 l, and means near 0; the second loses
// variance to means that grow.
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::nf_resnet_signal {
namespace {

constexpr int64_t kChannels = 64, kBlocks = 12;
constexpr double kAlpha = 0.5;
constexpr const char *kOff = "variance: largest |measured / predicted - 1|", *kMeans = "mean squared at the end";
constexpr const char *kLeast = "least branch variance", *kMost = "greatest branch variance", *kLast = "last branch variance";

/// ReLU and a 3 x 3 convolution, twice.
nn::Sequential make_branch(bool standardized) {
  nn::Sequential branch;
  for (int64_t i = 0; i < 2; i++) {
    branch.append(nn::ReLU{});
    branch.append(nn::Conv2d(
        {.in_channels = kChannels, .out_channels = kChannels, .kernel_size = 3, .padding = 1, .bias = false, .padding_mode = "circular"}));
  }
  for (auto& p : branch.parameters()) nn::init::kaiming_normal_(p.tensor);  // with ReLU's gain of sqrt 2
  if (standardized) nn::reparametrize(branch, "*.weight", nn::ScaledWeightStandardization({.gamma = nn::nf_gain("relu")}));
  return branch;
}

}  // namespace

void run(Experiment& e) {
  e.rule("with scaled weight standardization the variance of every block is within 10% of the prediction, that of every branch between 0.9 and "
         "1.1, and the mean squared channel mean ends below 0.05; with the baseline the last branch is below 0.6 and the squared mean ends above "
         "0.5; on every seed");
  e.note("convolutions are padded circularly: on maps of 8 x 8 zeros around them would lower the variance");
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (const char* method : {"He", "standardized"}) {
      e.begin(method, seed);
      NoGrad off;
      Tensor x = randn({8, kChannels, 8, 8});
      double expected = 1, off_by = 0, least = HUGE_VAL, most = 0, last = 0;
      for (int64_t block = 1; block <= kBlocks; block++) {
        Tensor branch = make_branch(method == std::string_view("standardized"))(x / std::sqrt(expected));
        x = x + kAlpha * branch, expected += kAlpha * kAlpha;
        double variance = nn::signal_metrics(x).variance.item<double>();
        last = nn::signal_metrics(branch).variance.item<double>();
        off_by = std::max(off_by, std::abs(variance / expected - 1)), least = std::min(least, last), most = std::max(most, last);
        if (seed == seeds[0]) {
          e.point("variance / predicted", double(block), variance / expected, "block");
          e.point("mean squared", double(block), nn::signal_metrics(x).mean_squared.item<double>(), "block");
        }
      }
      e.measure(kOff, off_by);
      e.measure(kLeast, least);
      e.measure(kMost, most);
      e.measure(kLast, last);
      e.measure(kMeans, nn::signal_metrics(x).mean_squared.item<double>());
    }
  for (int64_t seed : seeds) {
    auto of = [&](const char* method, const char* metric) { return e.value(method, metric, seed); };
    e.at_most(text(kOff, ", standardized, seed ", seed), of("standardized", kOff), 0.1);
    e.at_least(text(kLeast, ", standardized, seed ", seed), of("standardized", kLeast), 0.9);
    e.at_most(text(kMost, ", standardized, seed ", seed), of("standardized", kMost), 1.1);
    e.below(text(kMeans, ", standardized, seed ", seed), of("standardized", kMeans), 0.05);
    e.below(text(kLast, ", He, seed ", seed), of("He", kLast), 0.6);
    e.above(text(kMeans, ", He, seed ", seed), of("He", kMeans), 0.5);
  }
}

}  // namespace tare::papers::nf_resnet_signal
