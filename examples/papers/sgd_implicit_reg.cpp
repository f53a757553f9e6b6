// Two statements about the noise of sample gradients, on a logistic model of a known population, against Monte Carlo. A: one step widens the gap
// between test and training loss by eta Tr C / N. B: eight steps on single samples end, on average, at a known place beside eight steps on all of
// them.
#include <cmath>

#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::sgd_implicit_reg {
namespace {

constexpr int64_t kPopulation = 20000, kPairs = 20000, kSet = 20, kReplicas = 200000, kBatches = 8;

struct Population {
  Tensor x, y;
};

/// Losses of samples: x (..., 3), y (...), one theta (3) or one a set, (..., 1, 3).
Tensor losses(const Tensor& x, const Tensor& y, const Tensor& theta) { return softplus(-y * sum(x * theta, {-1})); }
Tensor gradients(const Tensor& x, const Tensor& y, const Tensor& theta) { return unsqueeze(-y * sigmoid(-y * sum(x * theta, {-1})), -1) * x; }

}  // namespace

void run(Experiment& e) {
  e.rule("A: the mean change of the gap at eta = 0.1 is within 5% of eta Tr C / N and more than 10 standard errors above 0. B: the shift of SGD "
         "against GD has a cosine above 0.99 with the "
         "prediction and 0.9 to 1.05 of its length at eta = 0.05, and a length nearer to the prediction at 0.02. Two orders of full batches differ "
         "by rounding only");
  e.note("the paper has no experiments; statement B is derived in nn/theory/gradient_noise.h. SGD and GD see the same samples");
  DefaultDtype wide(DType::float64);
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    Population p{randn({kPopulation, 3}), {}};
    p.y = sign(mv(p.x, tensor({1, -1, 0.5})) + randn({kPopulation}));
    Tensor theta = tensor({0.3, 0.2, -0.4}).set_requires_grad();
    Tensor trace = nn::gradient_statistics(gradients(p.x, p.y, theta)).trace_biased, slope = grad(trace, theta);
    theta = theta.detach();
    auto draw = [&](int64_t sets, int64_t size) {
      Tensor which = randint(0, kPopulation, {sets * size});
      return Population{reshape(index_select(p.x, 0, which), {sets, size, 3}), reshape(index_select(p.y, 0, which), {sets, size})};
    };
    e.begin("A: one step", seed);
    Population train = draw(kPairs, kSet), test = draw(kPairs, kSet);
    Tensor after = unsqueeze(theta - 0.1 * mean(gradients(train.x, train.y, theta), {1}), 1);
    auto gap = [&](const Tensor& at) { return mean(losses(test.x, test.y, at), {1}) - mean(losses(train.x, train.y, at), {1}); };
    Tensor change = gap(after) - gap(theta);
    e.measure("gap change", mean(change).item());
    e.measure("predicted", nn::expected_gap_change(trace.detach(), 0.1, kSet).item());
    e.measure("standard errors", mean(change).item() / (std(change).item() / std::sqrt(double(kPairs))));
    for (double eta : {0.1, 0.05, 0.02}) {
      e.begin(text("B: eta ", eta), seed);
      Population set = draw(kReplicas, kBatches);
      Tensor sgd = expand(theta, {kReplicas, 1, 3}), gd = sgd, other = sgd;
      Population turned{flip(set.x, {1}), flip(set.y, {1})};
      for (int64_t t = 0; t < kBatches; t++) {
        sgd = sgd - eta * gradients(narrow(set.x, 1, t, 1), narrow(set.y, 1, t, 1), sgd);
        gd = gd - eta * mean(gradients(set.x, set.y, gd), {1}, true);
        other = other - eta * mean(gradients(turned.x, turned.y, other), {1}, true);
      }
      Tensor shift = reshape(mean(sgd - gd, {0}), {3}), predicted = nn::sgd_minus_gd_shift(slope, eta, kBatches, kBatches);
      e.measure("cosine", (dot(shift, predicted) / (norm(shift) * norm(predicted))).item());
      e.measure("length ratio", (norm(shift) / norm(predicted)).item());
      e.measure("control", max(abs(mean(gd - other, {0}))).item());
    }
  }
  for (int64_t seed : seeds) {
    e.at_most(text("A: |change / predicted - 1|, seed ", seed), std::abs(e.value("A: one step", "gap change", seed) / e.value("A: one step", "predicted", seed) - 1), 0.05);
    e.above(text("A: standard errors, seed ", seed), e.value("A: one step", "standard errors", seed), 10);
    double at = e.value("B: eta 0.05", "length ratio", seed), finer = e.value("B: eta 0.02", "length ratio", seed);
    e.above(text("B: cosine, seed ", seed), e.value("B: eta 0.05", "cosine", seed), 0.99);
    e.at_least(text("B: length ratio, seed ", seed), at, 0.9);
    e.at_most(text("B: length ratio, seed ", seed), at, 1.05);
    e.below(text("B: |ratio - 1| at 0.02, seed ", seed), std::abs(finer - 1), std::abs(at - 1));
    e.below(text("control, seed ", seed), e.value("B: eta 0.05", "control", seed), 1e-12);
  }
}

}  // namespace tare::papers::sgd_implicit_reg
