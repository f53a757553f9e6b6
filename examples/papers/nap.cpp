// Normalize and project: tasks of fresh random labels one after another, at a high rate and then at a tenth of it. With layer normalization alone the
// norms of the weights have grown by then, the effective rate with them has shrunk, and the last tasks are hardly learned; projected weights learn
// them.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::nap {
namespace {

constexpr int64_t kSamples = 400, kBatch = 50, kPerEpoch = kSamples / kBatch, kEpochs = 15, kTasks = 8, kLast = 4;
constexpr const char *kLow = "last tasks, low rate", *kHigh = "last tasks, high rate", *kNorm = "|W| / |W_0|";

}  // namespace

void run(Experiment& e) {
  e.rule("accuracy over the last four tasks is at least 0.08 above plain layer normalization's, whose first weight has grown to at least 4 times "
         "its norm, on every seed; the projected one has kept its own");
  e.note("8 tasks at 1e-2, then 8 at 1e-3; accuracy on the training batches of a task's last epoch. At the high rate plain layer normalization is "
         "the better one: the growing norm is a hidden decay of the rate");
  Tensor x = flattened(standardized(pooled(fashion(kSamples, 1), 2))).x;
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (bool projected : {false, true}) {
      e.begin(projected ? "NaP" : "LayerNorm", seed);
      auto between = [](int64_t width) {
        return std::vector<nn::AnyModule>{nn::LayerNorm({.normalized_shape = {width}, .elementwise_affine = false}), nn::ReLU()};
      };
      nn::Sequential net = mlp({196, 100, 100, 100, 10}, between, false);
      optim::AnyOptimizer opt = optim::Adam();
      if (projected) opt = optim::NaP(opt, {.project = nn::nap_parameters(net)});
      opt->bind(net.parameters());
      Tensor first = net.parameters()[0].tensor;
      double norm_before = norm(first).item<double>();
      for (bool low : {false, true}) {
        opt->set(projected ? "base.lr" : "lr", low ? 1e-3 : 1e-2);
        double right = 0;
        for (int64_t task = 0; task < kTasks; task++) {
          Tensor y = randint(0, 10, {kSamples});
          int64_t step = 0;
          train(*opt, {.samples = kSamples, .batch = kBatch, .steps = kEpochs * kPerEpoch}, [&](const Tensor& index) {
            Tensor logits = net(index_select(x, 0, index)), labels = index_select(y, 0, index);
            if (task >= kTasks - kLast && ++step > (kEpochs - 1) * kPerEpoch) right += accuracy(logits, labels) / double(kPerEpoch * kLast);
            return cross_entropy(logits, labels);
          });
        }
        e.measure(low ? kLow : kHigh, right);
      }
      e.measure(kNorm, norm(first).item<double>() / norm_before);
    }
  for (int64_t seed : seeds) {
    e.at_least(text("NaP - LayerNorm, seed ", seed), e.value("NaP", kLow, seed) - e.value("LayerNorm", kLow, seed), 0.08);
    e.at_least(text("norm of LayerNorm's, seed ", seed), e.value("LayerNorm", kNorm, seed), 4);
    e.at_most(text("|norm of NaP's - 1|, seed ", seed), std::abs(e.value("NaP", kNorm, seed) - 1), 1e-5);
  }
}

}  // namespace tare::papers::nap
