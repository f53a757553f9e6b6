// GradNorm on the paper's toy, made smaller: four tasks that differ in the size of their targets. With equal weights the largest loss has the trunk
// to itself; do weights that make gradients comparable serve all of them?
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::gradnorm {
namespace {

constexpr int64_t kIn = 50, kOut = 20, kHidden = 100, kTasks = 4, kBatch = 64, kSteps = 1500, kTest = 1000;
constexpr double kScale[kTasks] = {1, 10, 30, 100};
constexpr const char *kRelative = "sum of relative test errors", *kFirst = "weight of scale 1", *kLast = "weight of scale 100";

}  // namespace

void run(Experiment& e) {
  e.rule("the sum over tasks of the test error relative to that at the start is at most 0.75 of what equal weights reach, and the smallest task "
         "ends with a larger weight than the largest; on every seed");
  e.note("4 tasks of sizes 1, 10, 30, 100 and a trunk 50-100-100-100, where the paper has 10 tasks; y_i = s_i tanh(x (B + E_i)), alpha 0.12");
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (bool balanced : {false, true}) {
      e.begin(balanced ? "GradNorm" : "equal weights", seed);
      Tensor shared = 0.3 * std::sqrt(10.0 / kIn) * randn({kIn, kOut});
      Tensors own;
      for (int64_t i = 0; i < kTasks; i++) own.push_back(shared + 0.3 * std::sqrt(3.5 / kIn) * randn({kIn, kOut}));
      nn::Sequential net = mlp({kIn, kHidden, kHidden, kHidden, kTasks * kOut});  // the heads beside each other in the last layer
      Tensor last_shared = net.parameters().find("4.weight")->tensor;
      nn::GradNormWeighter weighter({.num_tasks = kTasks, .min_weight = 1e-4});
      optim::Adam opt(net.parameters(), {.lr = 1e-3});
      auto losses = [&](const Tensor& x) {
        Tensor out = net(x);
        Tensors each;
        for (int64_t i = 0; i < kTasks; i++) each.push_back(mse_loss(narrow(out, 1, kOut * i, kOut), kScale[i] * tanh(matmul(x, own[size_t(i)]))));
        return each;
      };
      Tensor test = randn({kTest, kIn}), start = stack(losses(test)).detach();
      for (int64_t step = 0; step < kSteps; step++) {
        opt.zero_grad();
        Tensors now = losses(randn({kBatch, kIn}));
        if (balanced) nn::gradnorm_backward(now, last_shared, weighter);
        else sum(stack(now)).backward();
        opt.step();
      }
      Tensor relative = stack(losses(test)).detach() / start;
      e.measure(kRelative, sum(relative).item());
      for (int64_t i = 0; i < kTasks; i++) e.measure(text("relative error of scale ", kScale[i]), select(relative, 0, i).item());
      e.measure(kFirst, select(weighter.loss_weights(), 0, 0).item());
      e.measure(kLast, select(weighter.loss_weights(), 0, kTasks - 1).item());
    }
  for (int64_t seed : seeds) {
    e.at_most(text(kRelative, ", seed ", seed), e.value("GradNorm", kRelative, seed), 0.75 * e.value("equal weights", kRelative, seed));
    e.above(text(kFirst, ", seed ", seed), e.value("GradNorm", kFirst, seed), e.value("GradNorm", kLast, seed));
  }
}

}  // namespace tare::papers::gradnorm
