// L2 regularization of a weight whose scale means nothing: does it only set the norm, and with it the effective rate, and that by the product
// of rate and factor alone? A logistic model of w / |w|, trained by SGD to its equilibrium.
#include <cmath>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::l2_vs_norm {
namespace {

constexpr int64_t kDim = 50, kSamples = 200, kBatch = 8, kSteps = 8000, kCounted = 3000;
constexpr const char *kNorm4 = "|w|^4", *kPredicted = "predicted |w|^4", *kRate = "effective rate", *kGradient = "E|g~|^2";

struct Case {
  const char* name;
  double lr, lambda;
};
constexpr Case kCases[] = {
    {"0.1, 0.01", 0.1, 0.01}, {"0.4, 0.0025", 0.4, 0.0025}, {"0.4, 0.01", 0.4, 0.01}, {"0.1, 0.04", 0.1, 0.04}, {"0.1, 0", 0.1, 0}};

}  // namespace

void run(Experiment& e) {
  e.rule("of (rate, lambda), over the last 3000 of 8000 steps: (mean |w|^2)^2 is within 3% of rate E|g~|^2 / (2 lambda), g~ the "
         "gradient at norm 1; (0.1, 0.01) and (0.4, 0.0025), whose products are equal, have effective rates within 5% of each "
         "other, and so have (0.4, 0.01) and (0.1, 0.04); from pair to pair it grows 1.6 to 2.1 times; without L2 |w| is more than 3 times that of "
         "(0.1, 0.01)");
  e.note("if L2 acted on the function, (0.1, 0.01) and (0.4, 0.01) would behave alike: their effective rates differ by a factor near 2");
  DefaultDtype wide(DType::float64);
  auto seeds = e.seeds(1);
  for (int64_t seed : seeds)
    for (const Case& c : kCases) {
      e.begin(c.name, seed);
      Tensor u = randn({kDim}), a = randn({kSamples, kDim}), y = sign(mv(a, u) + 0.5 * randn({kSamples}));
      Tensor w = randn({kDim}).set_requires_grad();
      optim::SGD opt(ParameterList({w}), {.lr = c.lr, .weight_decay = c.lambda});
      double squared = 0, before = 0, gradient = 0, rate = 0;
      auto loss = [&](const Tensor& index) {
        before = sum(square(w.detach())).item();
        return mean(softplus(-index_select(y, 0, index) * 3.0 * mv(index_select(a, 0, index), w / norm(w))));
      };
      auto watch = [&](int64_t step) {
        if (step <= kSteps - kCounted) return;
        squared += before / double(kCounted);
        gradient += before * sum(square(w.grad())).item() / double(kCounted);
        rate += optim::effective_learning_rate(w.detach(), c.lr, "sgd").item() / double(kCounted);
      };
      train(opt, {.samples = kSamples, .batch = kBatch, .steps = kSteps, .every = 1, .report = watch}, loss);
      e.measure(kNorm4, squared * squared);
      if (c.lambda > 0) e.measure(kPredicted, c.lr * gradient / (2 * c.lambda));
      e.measure(kRate, rate);
      e.measure(kGradient, gradient);
    }
  for (int64_t seed : seeds) {
    auto of = [&](int i, const char* metric) { return e.value(kCases[i].name, metric, seed); };
    for (int i = 0; i < 4; i++)
      e.at_most(text("||w|^4 / predicted - 1|, ", kCases[i].name, ", seed ", seed), std::abs(of(i, kNorm4) / of(i, kPredicted) - 1), 0.03);
    for (int i : {0, 2}) {
      std::string pair = text("|rate of ", kCases[i].name, " / of ", kCases[i + 1].name, " - 1|, seed ", seed);
      e.at_most(pair, std::abs(of(i, kRate) / of(i + 1, kRate) - 1), 0.05);
    }
    double ratio = (of(2, kRate) + of(3, kRate)) / (of(0, kRate) + of(1, kRate));
    e.at_least(text("rate of the second pair / of the first, seed ", seed), ratio, 1.6);
    e.at_most(text("rate of the second pair / of the first, seed ", seed), ratio, 2.1);
    e.above(text("|w| without L2 / of 0.1, 0.01, seed ", seed), std::pow(of(4, kNorm4) / of(0, kNorm4), 0.25), 3);
  }
}

}  // namespace tare::papers::l2_vs_norm
