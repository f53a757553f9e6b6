// SPANet: a token mixer that multiplies features by a map of balanced frequencies. First the balance itself, on white noise; then a small classifier of clothes whose blocks are SPAM's, the
// same without the map, and the same with a balance that does nothing.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::spanet {
namespace {

constexpr int64_t kWidth = 24, kSide = 14;

class Net : public nn::Layer<Net> {
 public:
  static constexpr std::string_view type = "Net";
  Net(bool with_map, std::vector<double> lambdas) : modulated(with_map) {
    for (int i = 0; i < 2; i++) blocks.emplace_back(nn::SPANetBlockOptions{.dim = kWidth, .height = kSide, .width = kSide, .lambdas = lambdas});
  }
  Tensor forward(const Tensor& x) {
    Tensor y = stem(x);
    for (nn::SPANetBlock& b : blocks) {
      nn::SPAM& mixer = b.token_mixer;
      if (modulated) {
        y = b(y);
        continue;
      }
      y = y + mixer.proj_out(mixer.conv[1](mixer.conv[0](mixer.proj_in(b.norm1(y)))));
      y = y + b.fc2(gelu(b.fc1(b.norm2(y))));
    }
    return head(mean(y, {2, 3}));
  }
  void visit(Visitor& v) override {
    v.child("stem", stem), v.child("head", head);
    for (size_t i = 0; i < blocks.size(); i++) v.child(text("blocks.", i), blocks[i]);
  }
  bool modulated;
  nn::Conv2d stem{{.in_channels = 1, .out_channels = kWidth, .kernel_size = 3, .padding = 1}};
  std::vector<nn::SPANetBlock> blocks;
  nn::Linear head{kWidth, 10};
};

/// Share of the energy within the disc of frequencies nearer than `radius` to 0.
double low_share(const Tensor& x, double radius) {
  Tensor energy = mean(sum(square(fftshift(fft2(complex(x, zeros_like(x)), {}, {-2, -1}, "ortho"), {-3, -2})), {-1}), {0});
  double low = 0, n = double(x.size(1));
  auto e = energy.to_vector<double>();
  for (size_t i = 0; i < e.size(); i++) low += std::hypot(std::floor(double(i) / n) - std::floor(n / 2), std::fmod(double(i), n) - std::floor(n / 2)) < radius ? e[i] : 0;
  return low / sum(energy).item<double>();
}

}  // namespace

void run(Experiment& e) {
  e.rule("the share of low frequencies in filtered noise rises with lambda from 0 to 1 without a step back, and SPAM's test accuracy is at least 0.04 above that of the same blocks "
         "without the map");
  for (int64_t seed : e.seeds(1)) {
    e.begin("noise", seed);
    DefaultDtype scope(DType::float64);
    Tensor noise = randn({64, 16, 16});
    double before = -1, least = INFINITY;
    for (int i = 0; i <= 10; i++) {
      double share = low_share(nn::SpectralPoolingFilter({.radius = 4.5, .lamb = i / 10.0})(noise), 4.5);
      e.point("energy in low frequencies", i / 10.0, share, "lambda");
      if (i == 0) e.measure("share at 0", share);
      if (i == 10) e.measure("share at 1", share);
      least = i ? std::min(least, share - before) : least, before = share;
    }
    e.measure("least rise", least);
  }
  auto [x, y, x_test, y_test] = fashion(4000, 1000);
  x = adaptive_avg_pool2d(x, {kSide, kSide}), x_test = adaptive_avg_pool2d(x_test, {kSide, kSide});
  for (int64_t seed : e.seeds(1))
    for (const char* method : {"without map", "lambda 0.5", "SPAM"}) {
      e.begin(method, seed);
      bool spam = std::string_view(method) == "SPAM";
      Net net(std::string_view(method) != "without map", spam ? std::vector<double>{0.7, 0.8, 0.9} : std::vector<double>{0.5, 0.5, 0.5});
      optim::Adam opt(net.parameters(), {.lr = 2e-3});
      train(opt, {.samples = 4000, .batch = 100, .steps = 80}, [&](const Tensor& i) { return cross_entropy(net(index_select(x, 0, i)), index_select(y, 0, i)); });
      e.measure("test accuracy", accuracy(net, x_test, y_test));
    }
  e.note("one seed and two epochs of 4000 images: an example of a minute");
  e.above("least rise of the share", e.value("noise", "least rise", 0), 0);
  e.at_most("share at lambda = 0", e.value("noise", "share at 0", 0), 1e-12);
  e.at_least("share at lambda = 1", e.value("noise", "share at 1", 0), 1 - 1e-12);
  e.at_least("accuracy of SPAM - without map", e.mean("SPAM", "test accuracy") - e.mean("without map", "test accuracy"), 0.04);
  e.note(text("of that, SPAM - lambda 0.5 is ", std::round(1000 * (e.mean("SPAM", "test accuracy") - e.mean("lambda 0.5", "test accuracy"))) / 1000, ": the balance of frequencies; the rest is the map"));
}

}  // namespace tare::papers::spanet
