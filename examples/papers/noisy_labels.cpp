#include "examples/papers/noisy_labels.h"

#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers {
namespace {

constexpr int64_t kSamples = 2000, kSteps = 400, kBatch = 100, kProbed = 500, kPowerIterations = 12;
constexpr double kRandomLabels = 0.2, kProbe = 0.1;

double length(const Tensors& g) {
  Tensor squares = zeros({});
  for (const Tensor& t : g) squares = squares + sum(square(t.detach()));
  return std::sqrt(squares.item());
}

}  // namespace

NoisyLabels::NoisyLabels() : data_(standardized(flattened(fashion(kSamples, 5000)))) {}

optim::AnyOptimizer NoisyLabels::sgd(const NoisyNet& net) { return optim::SGD({.lr = net.lr, .momentum = 0.9, .weight_decay = 5e-4}); }

void NoisyLabels::learn(Experiment& e, const std::string& method, const NoisyNet& kind, int64_t seed, const optim::AnyOptimizer& optimizer,
                        const Loss& loss) const {
  e.begin(named(method, kind), seed);
  Split d = data_;
  d.y = with_random_labels(d.y, kRandomLabels);
  nn::Sequential net = mlp({784, 256, 128, 10}, kind.batch_norm ? norm_relu([](int64_t width) { return nn::BatchNorm1d(width); }) : Between());
  optim::AnyOptimizer opt = optimizer;
  opt->bind(net.parameters());
  optim::CosineAnnealingLR schedule(*opt, {.T_max = kSteps});
  train(*opt, {.samples = kSamples, .batch = kBatch, .steps = kSteps, .schedule = &schedule}, [&](const Tensor& index) {
    Tensor x = index_select(d.x, 0, index), y = index_select(d.y, 0, index);
    return loss ? loss(net, x, y) : nn::cross_entropy(net(x), y);
  });
  e.measure(kAccuracy, accuracy(net, d.x_test, d.y_test));

  net.eval();
  Tensor x = narrow(d.x, 0, 0, kProbed), y = narrow(d.y, 0, 0, kProbed);
  ParameterList weights = net.parameters();
  Tensor at_minimum = nn::cross_entropy(net(x), y);
  e.measure(kSharpness, lambda_max(at_minimum, weights, kPowerIterations));
  Tensors g = grad({at_minimum}, weights.tensors());
  double step = kProbe / length(g);
  nn::NamedTensors nearby;
  for (size_t i = 0; i < g.size(); i++) nearby.emplace_back(weights[i].name, weights[i].tensor + step * g[i]);
  e.measure(kNearby, length(grad({nn::cross_entropy(nn::functional_call(net, nearby, x), y)}, weights.tensors())));
}

}  // namespace tare::papers
