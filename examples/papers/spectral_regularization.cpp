// Continual learning of random labels: a network that has learned 25 tasks one after another learns the next ones hardly at all, unless its layers'
// largest singular values are kept near one. The optimizer's state goes on from task to task: to reset it would hide the loss of plasticity.
#include <algorithm>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::spectral_regularization {
namespace {

constexpr int64_t kTasks = 25, kSamples = 400, kBatch = 50, kEpochs = 15, kInEpoch = kSamples / kBatch;
constexpr const char *kFirst = "accuracy, first 5 tasks", *kLast = "accuracy, last 5 tasks", *kSigma = "largest sigma";

nn::AnyModule regularizer(const std::string& method) {
  if (method == "L2") return nn::L2({.lambda = 2e-4});  // 1e-4 of the sum of squares
  return nn::SpectralRegularizer({.lambda = method == "none" ? 0 : 1e-2});
}

}  // namespace

void run(Experiment& e) {
  e.rule("the training accuracy in the last epoch of a task, mean of the last 5 of 25 tasks: at least 0.5 with spectral regularization, at most 0.3 "
         "without any, and at least 0.2 above L2; no layer's largest singular value ends above 3 with it");
  Split d = standardized(flattened(pooled(fashion(kSamples, 1), 2)));
  auto seeds = e.seeds(1);
  for (int64_t seed : seeds)
    for (const char* method : {"none", "L2", "spectral"}) {
      e.begin(method, seed);
      nn::Sequential net = mlp({196, 100, 100, 100, 10});
      nn::RegularizerList terms(net);
      terms.add(regularizer(method));
      optim::Adam opt(net.parameters(), {.lr = 3e-3});
      double first = 0, last = 0;
      for (int64_t task = 0; task < kTasks; task++) {
        Tensor labels = randint(0, 10, {kSamples});
        int64_t step = 0;
        double right = 0;
        train(opt, {.samples = kSamples, .batch = kBatch, .steps = kEpochs * kInEpoch}, [&](const Tensor& index) {
          Tensor x = index_select(d.x, 0, index), y = index_select(labels, 0, index), logits = net(x), loss = cross_entropy(logits, y);
          if (step++ >= (kEpochs - 1) * kInEpoch) right += accuracy(logits.detach(), y) / double(kInEpoch);
          return loss + terms.penalty(x, logits, loss);
        });
        e.point("training accuracy", double(task), right, "task");
        if (task < 5) first += right / 5;
        if (task >= kTasks - 5) last += right / 5;
      }
      e.measure(kFirst, first);
      e.measure(kLast, last);
      double sigma = 0;
      NoGrad off;
      for (const Tensor& w : nn::weights_of(net)) sigma = std::max(sigma, matrix_norm(w, 2.0).item<double>());
      e.measure(kSigma, sigma);
    }
  for (int64_t seed : seeds) {
    e.at_least(text("spectral, seed ", seed), e.value("spectral", kLast, seed), 0.5);
    e.at_most(text("none, seed ", seed), e.value("none", kLast, seed), 0.3);
    e.at_least(text("spectral - L2, seed ", seed), e.value("spectral", kLast, seed) - e.value("L2", kLast, seed), 0.2);
    e.at_most(text("largest sigma of spectral, seed ", seed), e.value("spectral", kSigma, seed), 3);
  }
}

}  // namespace tare::papers::spectral_regularization
