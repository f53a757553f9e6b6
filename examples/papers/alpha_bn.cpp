// alpha-BN: a net trained on clean digits meets grey, noisy ones. Statistics of the training data are wrong there, those of a batch of two are noisy:
// a mixture of both beats either.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::alpha_bn {
namespace {

constexpr double kAlphas[] = {1, 0.9, 0.7, 0.5, 0.3, 0};
constexpr const char *kSmall = "accuracy, batches of 2", *kLarge = "accuracy, batches of 64";

std::string name(double alpha) { return text("alpha ", alpha); }

/// Test-time adaptation: one step of Adam on norm scales and shifts a batch, on core_loss; predictions come from the pass before it.
double core_accuracy(nn::Sequential& net, const Tensor& x, const Tensor& y, int64_t batch) {
  ParameterList affine = net.parameters().select(Role::norm_scale);
  for (auto& p : net.parameters().select(Role::norm_shift)) affine.push_back(p);
  optim::Adam opt(affine, {.lr = 1e-3});
  double right = 0;
  net.eval();
  for (int64_t i = 0; i < y.numel(); i += batch) {
    int64_t count = std::min(batch, y.numel() - i);
    Tensor logits;
    opt.step([&] { return nn::core_loss(logits = net(narrow(x, 0, i, count))); });
    right += accuracy(logits, narrow(y, 0, i, count)) * double(count);
  }
  return right / double(y.numel());
}

}  // namespace

void run(Experiment& e) {
  e.rule("on shifted inputs in batches of two the mean accuracy of the best alpha between 0 and 1 is at least 0.03 above those of alpha = 0 and "
         "of alpha = 1, and that of alpha = 0 at least 0.1 above that of alpha = 1");
  Digits d = digit_images();
  e.note(text(d.source, ". The bounds are those of scikit-learn's digits"));
  e.note("the shift is 0.5 x + 0.4 + N(0, 0.15^2). Batches of 64, and Core (the layer's reconstruction, alpha = 0.5) are measured beside the rule");
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    e.begin("clean", seed);
    nn::Sequential net = small_convnet(norm_relu([](int64_t channels) { return nn::BatchNorm2d(channels); }));
    optim::SGD opt(net.parameters(), {.lr = 0.05, .momentum = 0.9});
    fit(net, opt, d, {.batch = 32, .steps = 200});
    e.measure("accuracy, clean", accuracy(net, d.x_test, d.y_test));
    Tensor shifted = 0.5 * d.x_test + 0.4 + 0.15 * randn_like(d.x_test);
    for (double alpha : kAlphas) {
      e.begin(name(alpha), seed);
      nn::Sequential adapted = net;
      nn::to_alpha_bn(adapted, alpha);
      e.measure(kSmall, accuracy(adapted, shifted, d.y_test, 2));
      e.measure(kLarge, accuracy(adapted, shifted, d.y_test, 64));
    }
    e.begin("alpha 0.5 with Core", seed);
    for (auto [metric, batch] : {std::pair<const char*, int64_t>{kSmall, 2}, {kLarge, 64}}) {
      nn::Sequential adapted = net;
      nn::to_alpha_bn(adapted, 0.5);
      e.measure(metric, core_accuracy(adapted, shifted, d.y_test, batch));
    }
  }
  double best = 0, source = e.mean(name(1), kSmall), target = e.mean(name(0), kSmall);
  for (double alpha : kAlphas)
    if (alpha > 0 && alpha < 1) best = std::max(best, e.mean(name(alpha), kSmall));
  e.at_least("best mean accuracy between, above alpha = 0", best - target, 0.03);
  e.at_least("best mean accuracy between, above alpha = 1", best - source, 0.03);
  e.at_least("mean accuracy of alpha = 0 above alpha = 1", target - source, 0.1);
}

}  // namespace tare::papers::alpha_bn
