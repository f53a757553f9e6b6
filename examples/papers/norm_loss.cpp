// Norm Loss against weight decay of the same matrices, over factors that span three orders of magnitude: which is harmed by a wrong factor?
#include <cmath>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::norm_loss {
namespace {

constexpr double kFactors[] = {1e-4, 1e-3, 1e-2, 0.1, 0.3};
constexpr const char *kAccuracy = "accuracy", *kNorm = "mean norm of hidden rows";

double least_accuracy(const Experiment& e, const char* method) {
  double least = 1;
  for (double factor : kFactors) least = std::fmin(least, e.mean(text(method, ", ", factor), kAccuracy));
  return least;
}

}  // namespace

void run(Experiment& e) {
  e.rule("test accuracy, means over seeds: from best to worst factor it falls by at most 0.03 with Norm Loss and by at least 0.06 with weight decay; "
         "the best of Norm Loss is at most 0.005 below the best of weight decay; from the factor 0.01 on, hidden rows have the mean norm 1 +- 0.05");
  Split d = standardized(flattened(fashion(5000, 2000)));
  auto between = norm_relu([](int64_t width) { return nn::BatchNorm1d(width); });
  for (const char* method : {"weight decay", "norm loss"})
    for (double factor : kFactors)
      for (int64_t seed : e.seeds(2)) {
        e.begin(text(method, ", ", factor), seed);
        nn::Sequential net = mlp({784, 128, 128, 10}, between, false);
        nn::RegularizerList terms(net);
        if (method == std::string("norm loss")) terms.add(nn::NormLoss({.lambda = factor}));
        else terms.add(nn::L2({.lambda = factor}));
        optim::SGD opt(net.parameters(), {.lr = 0.05, .momentum = 0.9});
        fit(net, opt, d, {.batch = 128, .steps = 250, .regularizers = &terms});
        e.measure(kAccuracy, accuracy(net, d.x_test, d.y_test));
        NoGrad off;
        Tensors w = nn::weights_of(net);
        e.measure(kNorm, mean(cat({norm(w[0], 2, {1}), norm(w[1], 2, {1})})).item<double>());
      }
  double pull = e.greatest_mean("norm loss", kAccuracy), decay = e.greatest_mean("weight decay", kAccuracy);
  e.at_most("best - worst, norm loss", pull - least_accuracy(e, "norm loss"), 0.03);
  e.at_least("best - worst, weight decay", decay - least_accuracy(e, "weight decay"), 0.06);
  e.at_least("best of norm loss - best of weight decay", pull - decay, -0.005);
  for (double factor : kFactors)
    if (factor >= 0.01) e.at_most(text("|", kNorm, " - 1|, norm loss ", factor), std::abs(e.mean(text("norm loss, ", factor), kNorm) - 1), 0.05);
}

}  // namespace tare::papers::norm_loss
