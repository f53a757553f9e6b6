// A policy that explores a grid: the entropy of the states it visits is no linear reward. Estimates of occupancy and gradient that carry over from
// step to step, corrected by importance weights, against those of the last trajectory alone, at the baseline's best rate. The entropy is evaluated
// exactly.
#include <cmath>

#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::rl_general_utilities {
namespace {

constexpr int64_t kSide = 4, kStates = kSide * kSide, kMoves = 4, kHorizon = 20, kSteps = 1500;
constexpr double kGamma = 0.95;
constexpr const char* kEntropy = "exact entropy";

int64_t move(int64_t s, int64_t a) {
  int64_t row = s / kSide + (a == 0) - (a == 1), column = s % kSide + (a == 2) - (a == 3);
  return row < 0 || row >= kSide || column < 0 || column >= kSide ? s : row * kSide + column;
}

double exact_entropy(const Tensor& theta) {
  std::vector<double> pi = softmax(theta, 1).to_vector<double>(), p(kStates), lam(kStates * kMoves);
  p[0] = 1;
  double discount = 1;
  for (int64_t h = 0; h < kHorizon; h++, discount *= kGamma) {
    std::vector<double> next(kStates);
    for (int64_t s = 0; s < kStates; s++)
      for (int64_t a = 0; a < kMoves; a++) {
        double here = p[size_t(s)] * pi[size_t(s * kMoves + a)];
        lam[size_t(s * kMoves + a)] += discount * here;
        next[size_t(move(s, a))] += here;
      }
    p = next;
  }
  return optim::occupancy_entropy(from_vector(lam, {kStates, kMoves}, DType::float64)).item();
}

struct Walk {
  Tensor states, actions;
};
Walk walk(const Tensor& theta, Generator& random) {
  std::vector<double> pi = softmax(theta, 1).to_vector<double>();
  std::vector<int64_t> states, actions;
  int64_t s = 0;
  for (int64_t h = 0; h < kHorizon; h++) {
    int64_t a = 0;
    for (double u = random.uniform() - pi[size_t(s * kMoves)]; u >= 0 && a < kMoves - 1; u -= pi[size_t(s * kMoves + a)]) a++;
    states.push_back(s), actions.push_back(a);
    s = move(s, a);
  }
  return {from_vector(states, {kHorizon}), from_vector(actions, {kHorizon})};
}

Tensor entropy(const Tensor& lam) { return optim::occupancy_entropy(lam); }

/// Normalized steps along the policy gradient of grad F(lam(tau_t)).
double baseline(double alpha0, int64_t seed) {
  Generator random{uint64_t(seed)};
  Tensor theta = zeros({kStates, kMoves}, DType::float64);
  for (int64_t t = 0; t < kSteps; t++) {
    Walk tau = walk(theta, random);
    Tensor lam = optim::occupancy_estimate(tau.states, tau.actions, kStates, kMoves, kGamma).set_requires_grad();
    Tensor d = optim::policy_gradient_estimate(theta, tau.states, tau.actions, grad(entropy(lam), lam), kGamma);
    double length = norm(d).item();
    if (length > 1e-12) theta = theta + (alpha0 / std::sqrt(double(t + 1)) / length) * d;
  }
  return exact_entropy(theta);
}

}  // namespace

void run(Experiment& e) {
  e.rule("the entropy that N-VR-PG reaches is at least 2.65, and at least 0.05 above normalized policy gradient at its best rate, on every seed");
  e.note("importance weights are cut at 10 and occupancies at 0; log 16 = 2.773 cannot be exceeded; both methods take alpha_0 / sqrt(t + 1)");
  auto seeds = e.seeds(4);
  for (int64_t seed : seeds) {
    e.begin("start", seed);
    e.measure(kEntropy, exact_entropy(zeros({kStates, kMoves}, DType::float64)));
    for (double alpha0 : {0.1, 0.3, 1.0}) {
      e.begin(text("baseline ", alpha0), seed);
      e.measure(kEntropy, baseline(alpha0, seed));
    }
    e.begin("N-VR-PG", seed);
    Generator random{uint64_t(seed)};
    optim::NVRPG method(zeros({kStates, kMoves}, DType::float64), entropy,
                        {.gamma = kGamma, .horizon = kHorizon, .alpha_power = 0, .w_max = 10.0, .clamp_occupancy = true});
    for (int64_t t = 0; t < kSteps; t++) {
      method.options.alpha0 = 0.3 / std::sqrt(double(t + 1));
      Walk tau = walk(method.theta(), random);
      method.step(tau.states, tau.actions);
    }
    e.measure(kEntropy, exact_entropy(method.theta()));
  }
  for (int64_t seed : seeds) {
    double best = 0, reached = e.value("N-VR-PG", kEntropy, seed);
    for (double alpha0 : {0.1, 0.3, 1.0}) best = std::max(best, e.value(text("baseline ", alpha0), kEntropy, seed));
    e.at_least(text("above the best baseline, seed ", seed), reached - best, 0.05);
    e.at_least(text("entropy, seed ", seed), reached, 2.65);
  }
}

}  // namespace tare::papers::rl_general_utilities
