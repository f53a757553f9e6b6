// Filters of robust networks: does adversarial training make convolutions more orthogonal, more diverse and less sparse?
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::filter_robustness {
namespace {

constexpr double kEps = 0.3;  // in normalised units

Tensor small_images(const Tensor& x) { return (avg_pool2d(x, {.window = {.kernel = {2}}}) - 0.286) / 0.353; }

nn::Sequential make() {
  auto conv = [](int64_t in, int64_t out, int64_t stride) {
    return nn::Conv2d({.in_channels = in, .out_channels = out, .kernel_size = 3, .stride = stride, .padding = 1});
  };
  return nn::Sequential{conv(1, 16, 1), nn::ReLU(), conv(16, 32, 2), nn::ReLU(), conv(32, 32, 2), nn::ReLU(), nn::Flatten(), nn::Linear(512, 10)};
}

}  // namespace

void run(Experiment& e) {
  e.rule("the robust net's accuracy under attack is at least 0.3 above the normal one's, and its second and third convolutions are more orthogonal, on every seed");
  Split d = fashion(4000, 1000);
  Tensor x = small_images(d.x), x_test = small_images(d.x_test);
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (std::string method : {"normal", "robust"}) {
      e.begin(method, seed);
      nn::Sequential net = make();
      optim::Adam opt(net.parameters(), {.lr = 2e-3});
      train(opt, {.samples = 4000, .batch = 100, .steps = 160}, [&](const Tensor& index) {
        Tensor inputs = index_select(x, 0, index), labels = index_select(d.y, 0, index);
        return nn::cross_entropy(net(method == "robust" ? nn::fgsm(net, inputs, labels, kEps) : inputs), labels);
      });
      e.measure("accuracy", accuracy(net, x_test, d.y_test));
      e.measure("accuracy under attack", accuracy(net, nn::fgsm(net, x_test, d.y_test, kEps), d.y_test));
      Json report = nn::filter_report(net);
      for (size_t l = 0; l < report.size(); l++)
        for (const char* what : {"orthogonality", "variance_entropy", "sparsity"}) e.measure(text(what, " ", l + 1), report.as_array()[l].at(what).as_double());
    }
  for (int64_t seed : seeds) {
    e.at_least(text("accuracy under attack above the normal net's, seed ", seed), e.value("robust", "accuracy under attack", seed) - e.value("normal", "accuracy under attack", seed), 0.3);
    for (int l : {2, 3})
      e.above(text("orthogonality of convolution ", l, ", seed ", seed), e.value("robust", text("orthogonality ", l), seed), e.value("normal", text("orthogonality ", l), seed));
  }
  e.note("diversity (variance entropy) and sparsity are measured beside the claim: the paper's findings about them are of 71 large models, and do not show in so short a training");
}

}  // namespace tare::papers::filter_robustness
