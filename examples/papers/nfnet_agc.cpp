// Adaptive gradient clipping: a residual perceptron without normalization over four learning rates, with and without it. Clipped, it shall train at
// the largest one, where it diverges otherwise, and do as well or better at its best.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::nfnet_agc {
namespace {

constexpr double kRates[] = {0.03, 0.1, 0.3, 1.0};
constexpr const char *kLoss = "train loss", *kAccuracy = "test accuracy";

/// x + 0.2 gain W2(gamma relu(W1(gamma relu(x)))), weights from N(0, 1/64): SkipInit's form with a gain that starts at 1.
class Block : public nn::Layer<Block> {
 public:
  static constexpr std::string_view type = "Block";
  Block() {
    for (nn::Linear* fc : {&fc1, &fc2}) nn::init::normal_(fc->weight.leaf(), 0, 1.0 / 8);
  }
  Tensor forward(const Tensor& x) { return x + 0.2 * gain() * fc2(nn::nf_activation(fc1(nn::nf_activation(x, "relu")), "relu")); }
  void visit(Visitor& v) override {
    v.child("fc1", fc1), v.child("fc2", fc2);
    v.parameter("gain", gain, Role::other);
  }
  nn::Linear fc1{64, 64}, fc2{64, 64};
  nn::Parameter gain{ones({})};
};

std::string method(bool clipped, double lr) { return text(clipped ? "clipped" : "unclipped", ", rate ", lr); }

}  // namespace

void run(Experiment& e) {
  e.rule("at rate 1 every clipped run ends at a loss of at most 0.35 and an accuracy of at least 0.80, every unclipped one diverges or ends above "
         "2; the best rate's mean loss is with clipping at most that without");
  Split data = flattened(standardized(fashion(4000, 2000)));
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds)
    for (bool clipped : {false, true})
      for (double lr : kRates) {
        e.begin(method(clipped, lr), seed);
        nn::Sequential net{nn::Linear{784, 64}};
        for (int64_t i = 0; i < 6; i++) net.append(Block{});
        net.append(nn::ReLU{});
        std::string head = text(net.size());
        net.append(nn::Linear{64, 10});
        std::vector<optim::AnyOptimizer> parts;
        if (clipped) parts.push_back(optim::AdaptiveGradClip({.clipping = 0.01, .exclude = {head + ".*"}}));
        parts.push_back(optim::SGD({.lr = lr, .momentum = 0.9, .nesterov = true}));
        optim::Chain opt(net.parameters(), parts);
        bool converged = std::isfinite(fit(net, opt, data, {.batch = 512, .steps = 100}));
        e.measure(kLoss, converged ? mean_loss(net, data.x, data.y) : HUGE_VAL);
        e.measure(kAccuracy, converged ? accuracy(net, data.x_test, data.y_test) : 0);
      }
  double best[2] = {HUGE_VAL, HUGE_VAL};
  for (bool clipped : {false, true})
    for (double lr : kRates) best[clipped] = std::min(best[clipped], e.mean(method(clipped, lr), kLoss));
  for (int64_t seed : seeds) {
    e.at_most(text(kLoss, ", clipped, rate 1, seed ", seed), e.value(method(true, 1), kLoss, seed), 0.35);
    e.at_least(text(kAccuracy, ", clipped, rate 1, seed ", seed), e.value(method(true, 1), kAccuracy, seed), 0.80);
    e.above(text(kLoss, ", unclipped, rate 1, seed ", seed), e.value(method(false, 1), kLoss, seed), 2);
  }
  e.at_most("mean loss at the best rate: clipped, against unclipped", best[true], best[false]);
}

}  // namespace tare::papers::nfnet_agc
