// The depth of residual towers: x plus all modules, plus all pairs, and so on, so that unscaled towers grow exponentially. Towers of 4, 16 and 64
// modules with lambda = 1 against 1/sqrt(n) and 1/n: how much they enlarge what goes in, and whether they train.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::residual_depth {
namespace {

constexpr int64_t kWidth = 64;
constexpr int64_t kDepths[] = {4, 16, 64};
constexpr double kRates[] = {0.01, 0.05, 0.2};
constexpr const char *kGrowth = "rms growth at the start", *kLoss = "least train loss of the rates", *kAccuracy = "best test accuracy of the rates";

/// n modules W_b relu(W_a x), W_a by He et al., W_b from N(0, 1/64).
nn::ResidualTower make(const nn::Factor& lambda, int64_t n) {
  nn::ResidualTower tower({.depth = n, .lambda = lambda, .module = mlp({kWidth, kWidth, kWidth})});
  for (auto& p : tower.parameters().select("*.0.weight")) nn::init::kaiming_normal_(p.tensor);
  for (auto& p : tower.parameters().select("*.2.weight")) nn::init::normal_(p.tensor, 0, 1.0 / 8);
  return tower;
}

std::string method(std::string_view lambda, int64_t n) { return text("lambda ", lambda, ", n = ", n); }

}  // namespace

void run(Experiment& e) {
  e.rule("the unscaled tower grows what goes in at least 50 times with 16 modules and 10^6 times with 64, and from 16 on its training diverges or "
         "ends at a loss above 2 at every rate; with 1/sqrt(n) and 1/n the growth is between 0.9 and 2 at every depth, and the best test accuracy "
         "is at least 0.93 and 0.90");
  Digits d = digits(1297);
  Split data = standardized(d);
  e.note(d.source);
  e.note("the bounds on accuracy are those of scikit-learn's digits, on which 60 steps go far");
  e.note("the expansion itself, order by order, is checked by the tests of ResidualTower");
  const std::pair<const char*, nn::Factor> lambdas[] = {{"1", 1.0}, {"1/sqrt(n)", "1/sqrt(n)"}, {"1/n", "1/n"}};
  auto seeds = e.seeds(1);
  for (int64_t seed : seeds)
    for (int64_t n : kDepths)
      for (auto& [name, lambda] : lambdas) {
        e.begin(method(name, n), seed);
        nn::Sequential start{nn::Linear{64, kWidth}, make(lambda, n), nn::Linear{kWidth, 10}};
        {
          NoGrad off;
          Tensor in = narrow(data.x, 0, 0, 256), before = start[0].call({&in, 1})[0], after = start[1].call({&before, 1})[0];
          e.measure(kGrowth, norm(after).item<double>() / norm(before).item<double>());
        }
        double loss = HUGE_VAL, best = 0;
        for (double lr : kRates) {
          nn::Sequential net = start;
          optim::SGD opt(net.parameters(), {.lr = lr});
          if (!std::isfinite(fit(net, opt, data, {.batch = 64, .steps = 60}))) continue;
          loss = std::min(loss, mean_loss(net, data.x, data.y));
          best = std::max(best, accuracy(net, data.x_test, data.y_test));
        }
        e.measure(kLoss, loss);
        e.measure(kAccuracy, best);
      }
  for (int64_t seed : seeds)
    for (int64_t n : kDepths) {
      auto about = [&](const char* metric, const char* lambda) { return text(metric, ", ", method(lambda, n), ", seed ", seed); };
      auto of = [&](const char* metric, const char* lambda) { return e.value(method(lambda, n), metric, seed); };
      if (n >= 16) {
        e.at_least(about(kGrowth, "1"), of(kGrowth, "1"), n == 16 ? 50 : 1e6);
        e.above(about(kLoss, "1"), of(kLoss, "1"), 2);
      }
      for (auto [lambda, least] : {std::pair{"1/sqrt(n)", 0.93}, std::pair{"1/n", 0.90}}) {
        e.at_least(about(kGrowth, lambda), of(kGrowth, lambda), 0.9);
        e.at_most(about(kGrowth, lambda), of(kGrowth, lambda), 2);
        e.at_least(about(kAccuracy, lambda), of(kAccuracy, lambda), least);
      }
    }
}

}  // namespace tare::papers::residual_depth
