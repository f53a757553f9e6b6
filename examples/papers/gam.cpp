// GAM against SGD and SAM: does a penalty on the largest gradient norm nearby lead to flatter minima, and do these generalize better where labels are
// noisy?
#include "examples/papers/experiment.h"
#include "examples/papers/noisy_labels.h"
#include "tare.h"

namespace tare::papers::gam {
namespace {

struct Setting {
  NoisyNet net;
  double sam_rho, grad_rho, grad_norm_rho;
};
constexpr Setting kSettings[] = {{kWithBatchNorm, 0.2, 0.1, 0.5}, {kPlainNet, 0.05, 0.05, 0.1}};

}  // namespace

void run(Experiment& e) {
  e.rule("with batch normalization and without, GAM's largest eigenvalue of the Hessian is below half of SGD's, its gradient at w + 0.1 g / |g| "
         "shorter, and its test accuracy at least 1.5 points above; means over seeds");
  e.note("data: 2000 images of Fashion-MNIST, standardized, with 20 % random labels and a perceptron, where the paper has CIFAR, ImageNet and "
         "large networks; SAM is reported beside it");
  e.note("a step of GAM takes four gradients, one of SAM two, one of SGD one: steps are the same, not the effort");
  NoisyLabels task;
  for (int64_t seed : e.seeds(2))
    for (const Setting& s : kSettings) {
      task.learn(e, "SGD", s.net, seed, task.sgd(s.net));
      task.learn(e, "SAM", s.net, seed, optim::SAM(task.sgd(s.net), {.rho = s.sam_rho}));
      task.learn(e, "GAM", s.net, seed,
                 optim::GAM(task.sgd(s.net), {.grad_rho = s.grad_rho, .grad_norm_rho = s.grad_norm_rho, .grad_beta_1 = 0.5, .grad_gamma = 0}));
    }
  for (const Setting& s : kSettings) {
    std::string gam = task.named("GAM", s.net), sgd = task.named("SGD", s.net);
    e.below(text("lambda_max of ", gam), e.mean(gam, task.kSharpness), 0.5 * e.mean(sgd, task.kSharpness));
    e.below(text("gradient nearby of ", gam), e.mean(gam, task.kNearby), e.mean(sgd, task.kNearby));
    e.at_least(text("accuracy of ", gam), e.mean(gam, task.kAccuracy), e.mean(sgd, task.kAccuracy) + 0.015);
  }
}

}  // namespace tare::papers::gam
