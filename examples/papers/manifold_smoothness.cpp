// Globally smooth functions on a manifold: two moons with two labels each. A constant weight on the squared gradient (Laplacian regularization) keeps
// its mean small, weights that grow where the function is steep its maximum, which is what the paper asks for.
#include <cmath>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::manifold_smoothness {
namespace {

constexpr int64_t kPoints = 200, kSteps = 1500;
constexpr double kWidth = 0.01;
constexpr const char *kMax = "sqrt(max q)", *kMean = "sqrt(mean q)", *kLoss = "labelled loss";

}  // namespace

void run(Experiment& e) {
  e.rule("labelled loss at most 0.03 for all; the largest gradient with adaptive weights at most 0.75 of that with constant weights and of that "
         "without a penalty; the mean gradient smaller with constant weights; on every seed");
  e.note("accuracy on the points without labels is told and not asked for: a small maximum spreads the transition along the moons, which constant "
         "weights do not");
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    data::Batch moons = data::TwoMoons({.samples = kPoints, .noise = 0.05, .seed = seed}).all();
    Tensor y = to(2 * unsqueeze(moons.y, 1) - 1, DType::float32);
    std::vector<int64_t> known, classes = moons.y.to_vector<int64_t>();
    for (int64_t c : {0, 1})
      for (int64_t i = 0, found = 0; found < 2; i++)
        if (classes[size_t(i)] == c) known.push_back(i), found++;
    Tensor labelled = from_vector(known, {4}), targets = index_select(y, 0, labelled);
    for (std::string method : {"no penalty", "constant", "adaptive"}) {
      e.begin(method, seed);
      nn::Sequential net = mlp({2, 64, 64, 1});
      nn::ManifoldSmoothness penalty({.t = kWidth, .epsilon = 0.01, .weight = 0.3, .adaptive = method == "adaptive", .points = kPoints});
      auto labelled_loss = [&](const Tensor& f) { return mean(square(index_select(f, 0, labelled) - targets)); };
      optim::Adam opt(net.parameters(), {.lr = 1e-3});
      Tensor values;
      double loss_now = 0;
      auto dual = [&](int64_t) { penalty.update(values, moons.x, loss_now); };
      train(opt, {.steps = kSteps, .every = 1, .report = dual}, [&](const Tensor&) {
        Tensor f = net(moons.x), loss = labelled_loss(f);
        values = f.detach(), loss_now = loss.item<double>();
        return method == "no penalty" ? loss : penalty.mu() * loss + penalty(f, moons.x);
      });
      NoGrad off;
      Tensor f = net(moons.x), q = nn::manifold_gradient_norm(f, moons.x, kWidth);
      e.measure(kMax, std::sqrt(max(q).item<double>()));
      e.measure(kMean, std::sqrt(mean(q).item<double>()));
      e.measure(kLoss, labelled_loss(f).item<double>());
      e.measure("accuracy", mean(to(gt(f * y, 0), DType::float64)).item());
    }
  }
  for (int64_t seed : seeds) {
    for (const char* method : {"no penalty", "constant", "adaptive"})
      e.at_most(text("labelled loss, ", method, ", seed ", seed), e.value(method, kLoss, seed), 0.03);
    for (const char* other : {"constant", "no penalty"})
      e.at_most(text("max of adaptive / ", other, ", seed ", seed), e.value("adaptive", kMax, seed) / e.value(other, kMax, seed), 0.75);
    e.below(text("mean of constant, against adaptive, seed ", seed), e.value("constant", kMean, seed), e.value("adaptive", kMean, seed));
  }
}

}  // namespace tare::papers::manifold_smoothness
