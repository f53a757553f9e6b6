// TrAct in the first layer of a perceptron: a step that moves its outputs as their gradient asks for, whatever the size of the inputs. Does the
// training loss fall faster?
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::tract {
namespace {

constexpr int64_t kSteps = 150, kLast = 20;
constexpr const char *kLoss = "training loss", *kAccuracy = "test accuracy";

struct Optimizer {
  const char* name;
  optim::AnyOptimizer method;
  double bound;  // of the loss with TrAct / without; 0: reported only
};

}  // namespace

void run(Experiment& e) {
  e.rule("the mean training loss of the last 20 of 150 steps with TrAct is below 0.93 of that without under Adam, and below 0.85 under SGD with "
         "momentum and rate 0.1; means over seeds");
  e.note("data: 10000 images of Fashion-MNIST, standardized, and a perceptron 784-128-64-10, where the paper has CIFAR and ImageNet; lambda 0.1");
  const Optimizer optimizers[] = {{"SGD 0.1", optim::SGD({.lr = 0.1, .momentum = 0.9}), 0.85},
                                  {"SGD 0.03", optim::SGD({.lr = 0.03, .momentum = 0.9}), 0},
                                  {"Adam 1e-3", optim::Adam({.lr = 1e-3}), 0.93}};
  Split d = standardized(flattened(fashion(10000, 5000)));
  auto name = [](const Optimizer& o, bool with) { return text(o.name, with ? ", TrAct" : ", plain"); };
  for (int64_t seed : e.seeds(2))
    for (const Optimizer& o : optimizers)
      for (bool with : {false, true}) {
        e.begin(name(o, with), seed);
        nn::Linear first(784, 128);
        nn::Sequential model;
        if (with) model.append(nn::tract(std::move(first), 0.1));
        else model.append(std::move(first));
        model.append(nn::Sequential{nn::ReLU(), nn::Linear(128, 64), nn::ReLU(), nn::Linear(64, 10)});
        optim::AnyOptimizer opt = o.method;
        opt->bind(model.parameters());
        int64_t step = 0;
        double late = 0;
        train(*opt, {.samples = d.y.numel(), .batch = 128, .steps = kSteps}, [&](const Tensor& index) {
          Tensor loss = nn::cross_entropy(model(index_select(d.x, 0, index)), index_select(d.y, 0, index));
          e.point(text("training loss, ", o.name, ", seed ", seed), double(++step), loss.item());
          if (step > kSteps - kLast) late += loss.item() / double(kLast);
          return loss;
        });
        e.measure(kLoss, late);
        e.measure(kAccuracy, accuracy(model, d.x_test, d.y_test));
      }
  for (const Optimizer& o : optimizers)
    if (o.bound > 0) e.below(text("loss with TrAct / without, ", o.name), e.mean(name(o, true), kLoss) / e.mean(name(o, false), kLoss), o.bound);
}

}  // namespace tare::papers::tract
