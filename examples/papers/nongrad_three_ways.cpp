// Where the loss has no gradient, steps along the one that autodiff gives are subgradient steps. Three ways in which they are not gradient descent:
// at a constant rate they do not converge; under an L1 penalty nothing becomes zero, and large penalties make weights larger; and there is no edge of
// stability.
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::nongrad_three_ways {
namespace {

constexpr int64_t kSamples = 200, kWeights = 50, kSteps = 3000, kLast = 500;
constexpr double kRate = 0.05, kPenalties[] = {0.1, 1, 5, 20, 50};
constexpr const char *kSubgradient = "subgradient, l1 ", *kProximal = "proximal, l1 ", *kNorm = "|w|_1", *kZeros = "exact zeros";

struct Path {
  Tensor w;                      ///< at the end
  std::vector<double> observed;  ///< after each step
};
/// Steps of an optimizer on loss(w), w from `start`.
Path descend(optim::Optimizer& method, const Tensor& start, int64_t steps, const std::function<Tensor(const Tensor& w)>& loss,
             const std::function<double(const Tensor& w)>& observe) {
  Path path{clone(start), {}};
  path.w.set_requires_grad();
  method.bind(ParameterList(Tensors{path.w}));
  for (int64_t k = 0; k < steps; k++) {
    method.zero_grad();
    loss(path.w).backward();
    method.step();
    NoGrad off;
    path.observed.push_back(observe(path.w));
  }
  path.w = path.w.detach();
  return path;
}
double mean_of_last(const std::vector<double>& all) {
  double total = 0;
  for (int64_t k = 0; k < kLast; k++) total += all[all.size() - 1 - size_t(k)];
  return total / kLast;
}

}  // namespace

void run(Experiment& e) {
  e.rule("convergence: the squared loss falls at every step and to 1e-10; the absolute loss stalls at a floor that changes by 1.7 to 2.3 when the "
         "rate doubles. LASSO: with subgradients |w|_1 at penalty 50 > 2 x at 20 > 4 x at 5 and no zero anywhere, with proximal steps |w|_1 does "
         "not rise, at least 40 zeros up to penalty 1, nothing but zeros from 5. Edge: 2 / rate is a fifth of the curvature, and |x| ends between "
         "half the rate and the rate, never above its start");
  e.note("rates are constant: decaying ones restore convergence. Zeros are exact ones");
  DefaultDtype wide(DType::float64);
  auto l1 = [](const Tensor& w) { return sum(abs(w)).item(); };
  for (int64_t seed : e.seeds(1)) {
    manual_seed(uint64_t(seed));
    Tensor a = randn({kSamples, kWeights}), truth = cat({full({5}, 2.0), zeros({kWeights - 5})});
    Tensor exact = mv(a, truth), noisy = exact + 0.1 * randn({kSamples}), start = full({kWeights}, 0.5);
    auto squared = [&](const Tensor& w) { return 0.5 * mean(square(mv(a, w) - exact)); };
    auto absolute = [&](const Tensor& w) { return mean(abs(mv(a, w) - exact)); };

    e.begin("squared loss", seed);
    optim::SGD plain({.lr = kRate});
    Path path = descend(plain, start, kSteps, squared, [&](const Tensor& w) { return squared(w).item(); });
    double rises = 0, before = squared(start).item();
    // Rounding aside: at 1e-20 a step is noise.
    for (double now : path.observed) rises += now > before && before > 1e-20, before = now;
    e.measure("rises", rises), e.measure("loss", path.observed.back());
    for (double rate : {kRate, 2 * kRate}) {
      e.begin(text("absolute loss, rate ", rate), seed);
      optim::SGD steps({.lr = rate});
      e.measure("loss", mean_of_last(descend(steps, start, kSteps, absolute, [&](const Tensor& w) { return absolute(w).item(); }).observed));
    }
    e.at_most(text("rises of the squared loss, seed ", seed), rises, 0);
    e.at_most(text("squared loss at the end, seed ", seed), path.observed.back(), 1e-10);
    double floors = e.value(text("absolute loss, rate ", 2 * kRate), "loss", seed) / e.value(text("absolute loss, rate ", kRate), "loss", seed);
    e.at_least(text("floor of the absolute loss at twice the rate, seed ", seed), floors, 1.7);
    e.at_most(text("floor of the absolute loss at twice the rate, seed ", seed), floors, 2.3);

    auto fit = [&](const Tensor& w) { return 0.5 * mean(square(mv(a, w) - noisy)); };
    auto lasso = [&](const char* name, double penalty, optim::Optimizer& method) {
      e.begin(text(name, penalty), seed);
      Path p = descend(method, start, kSteps, fit, l1);
      e.measure(kNorm, mean_of_last(p.observed));
      e.measure(kZeros, double(sum(eq(p.w, 0)).item<int64_t>()));
    };
    for (double penalty : kPenalties) {
      optim::L1SubgradientSGD subgradient({.lr = kRate, .l1 = penalty});
      lasso(kSubgradient, penalty, subgradient);
      optim::ProximalSGD proximal({.lr = kRate, .l1 = penalty});
      lasso(kProximal, penalty, proximal);
    }
    auto norm_at = [&](const char* name, double penalty) { return e.value(text(name, penalty), kNorm, seed); };
    e.above(text("subgradient: |w|_1 at 50 / at 20, seed ", seed), norm_at(kSubgradient, 50) / norm_at(kSubgradient, 20), 2);
    e.above(text("subgradient: |w|_1 at 20 / at 5, seed ", seed), norm_at(kSubgradient, 20) / norm_at(kSubgradient, 5), 2);
    double last = INFINITY;
    for (double penalty : kPenalties) {
      e.at_most(text(kSubgradient, penalty, ": zeros, seed ", seed), e.value(text(kSubgradient, penalty), kZeros, seed), 0);
      e.at_least(text(kProximal, penalty, ": zeros, seed ", seed), e.value(text(kProximal, penalty), kZeros, seed), penalty <= 1 ? 40 : kWeights);
      e.at_most(text(kProximal, penalty, ": |w|_1, seed ", seed), norm_at(kProximal, penalty), last);
      last = norm_at(kProximal, penalty);
    }

    // Huber's function of half width d over d: slope 1 outside, curvature 1 / d within.
    e.begin("Huber, rate 0.1, half width 0.01", seed);
    constexpr double kHalfWidth = 0.01, kStart = 0.537, kStep = 0.1;
    optim::SGD steps({.lr = kStep});
    auto huber = [](const Tensor& x) { return sum(huber_loss(x, zeros({1}), {.delta = kHalfWidth})) / kHalfWidth; };
    std::vector<double> edge = descend(steps, tensor({kStart}), 1000, huber, [](const Tensor& x) { return abs(x).item(); }).observed;
    double late = *std::max_element(edge.begin() + 900, edge.end()), largest = *std::max_element(edge.begin(), edge.end());
    e.measure("|x| over the last 100 steps", late), e.measure("|x| at most", largest);
    e.at_least(text("edge: |x| over the last 100 steps, seed ", seed), late, kStep / 2);
    e.at_most(text("edge: |x| over the last 100 steps, seed ", seed), late, kStep);
    e.at_most(text("edge: |x| at most, seed ", seed), largest, kStart);
  }
}

}  // namespace tare::papers::nongrad_three_ways
