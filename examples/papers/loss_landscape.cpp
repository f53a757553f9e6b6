// Loss landscapes: do skip connections smooth the loss? How far it rises along filter-normalised random directions, without and with them.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::loss_landscape {
namespace {

nn::Linear he_linear(int64_t in, int64_t out, double factor) {
  nn::Linear layer(in, out);
  NoGrad off;
  nn::init::kaiming_normal_(layer.weight.leaf(), 0, nn::init::FanMode::in, "relu");
  copy_(layer.weight.leaf(), factor * layer.weight.leaf());
  nn::init::zeros_(layer.bias.leaf());
  return layer;
}

nn::Sequential make(bool residual) {
  nn::Sequential net{he_linear(64, 32, 1), nn::ReLU()};
  for (int block = 0; block < 24; block++) {
    nn::Sequential f{he_linear(32, 32, residual ? 0.4 : 1), nn::ReLU()};
    if (residual) net.append(nn::Residual(std::move(f)));
    else net.append(std::move(f));
  }
  net.append(he_linear(32, 10, residual ? 0.4 : 1));
  return net;
}

}  // namespace

void run(Experiment& e) {
  e.rule("the mean rise of the loss over a in [-1, 1] and six directions is more than 4 times as large without skip connections, and the residual net's training loss is not the larger one, on every seed");
  Digits d = digits(1200);
  e.note(d.source);
  Tensor x = d.x / 16, some = narrow(x, 0, 0, 400), labels = narrow(d.y, 0, 0, 400), grid = linspace(-1, 1, 21);
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds)
    for (bool residual : {false, true}) {
      e.begin(residual ? "residual" : "plain", seed);
      nn::Sequential net = make(residual);
      optim::Adam opt(net.parameters(), {.lr = 1e-3});
      e.measure("training loss", train(opt, {.samples = x.size(0), .batch = 64, .steps = 500}, [&](const Tensor& index) {
        return nn::cross_entropy(net(index_select(x, 0, index)), index_select(d.y, 0, index));
      }));
      double rise = 0, dents = 0;
      nn::LossCurve curve({.model = net});
      for (int k = 0; k < 6; k++) {
        curve.dx = nn::random_direction(net);
        std::vector<double> f = curve(some, labels, grid).to_vector<double>();
        for (size_t i = 0; i < f.size(); i++) {
          rise += (f[i] - f[10]) / double(6 * f.size());
          if (k == 0 && seed == 0) e.point("log(1 + loss) along a direction", -1 + 0.1 * double(i), std::log1p(f[i]), "a");
          if (i > 0 && i + 1 < f.size()) dents += f[i - 1] - 2 * f[i] + f[i + 1] < 0 ? 1.0 / (6 * 19) : 0;
        }
      }
      e.measure("rise of the loss", rise);
      e.measure("negative second differences", dents);
    }
  for (int64_t seed : seeds) {
    e.above(text("rise without skip connections, seed ", seed), e.value("plain", "rise of the loss", seed), 4 * e.value("residual", "rise of the loss", seed));
    e.at_most(text("training loss of the residual net, seed ", seed), e.value("residual", "training loss", seed), e.value("plain", "training loss", seed));
  }
  e.note("the paper's chaos (many directions of negative curvature) is not tested: it does not show at this size");
}

}  // namespace tare::papers::loss_landscape
