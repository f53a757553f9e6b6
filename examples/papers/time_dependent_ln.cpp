// Two ends for every parameter of LayerNorm and a sigmoid of time between them, against a network that maps the time to scales and shifts (adaLN):
// how much of what knowing the time is worth they get, for how many parameters. The network predicts the noise of points on a circle; it learns of
// the time through its norms alone.
#include <numbers>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::time_dependent_ln {
namespace {

constexpr int64_t kWidth = 64, kBatch = 256, kFrequencies = 8;
constexpr const char *kLoss = "loss", *kParameters = "parameters";

class Denoiser : public nn::Layer<Denoiser> {
 public:
  static constexpr std::string_view type = "Denoiser";
  explicit Denoiser(const std::string& method)
      : adaptive(method == "adaLN"), timed(method == "TD-LN"), maps{nn::Linear(2, kWidth), nn::Linear(kWidth, kWidth), nn::Linear(kWidth, kWidth)} {
    for (size_t i = 0; i < maps.size(); i++) {
      if (timed) norms.emplace_back(nn::TimeDependentLayerNorm(kWidth));
      else norms.emplace_back(nn::LayerNorm({.normalized_shape = {kWidth}, .elementwise_affine = !adaptive}));
      if (!adaptive) continue;
      nn::Linear& last = scales.emplace_back(kWidth, 2 * kWidth);
      nn::init::zeros_(last.weight()), nn::init::zeros_(last.bias());
    }
  }
  /// x (n, 2), log of the signal to noise ratio (n) -> the noise (n, 2).
  Tensor forward(const Tensor& x, const Tensor& t) {
    Tensor h = x, condition;
    if (adaptive) {
      Tensor angles = unsqueeze(t, 1) * pow(10000.0, -arange(kFrequencies) / double(kFrequencies));
      condition = silu(embed(cat({sin(angles), cos(angles)}, 1)));
    }
    for (size_t i = 0; i < maps.size(); i++) {
      h = maps[i](h);
      h = timed ? norms[i](h, t) : norms[i](h);
      if (adaptive) {
        Tensors s = chunk(scales[i](condition), 2, 1);
        h = h * (1 + s[0]) + s[1];
      }
      h = silu(h);
    }
    return out(h);
  }
  void visit(Visitor& v) override {
    for (size_t i = 0; i < maps.size(); i++) v.child(text("maps.", i), maps[i]), v.child(text("norms.", i), *norms[i]);
    for (size_t i = 0; i < scales.size(); i++) v.child(text("scales.", i), scales[i]);
    if (adaptive) v.child("embed", embed);
    v.child("out", out);
  }
  bool adaptive, timed;
  std::vector<nn::Linear> maps, scales;
  std::vector<nn::AnyModule> norms;
  nn::Linear embed{2 * kFrequencies, kWidth}, out{kWidth, 2};
};

/// 8 Gaussians on a circle of radius 2, deviation 0.05; x_t = sqrt(a) x_0 + sqrt(1 - a) noise, a = sigmoid(t), t ~ U(-6, 6).
Tensor loss_of(Denoiser& model) {
  Tensor angle = to(randint(0, 8, {kBatch, 1}), DType::float32) * (std::numbers::pi / 4), noise = randn({kBatch, 2});
  Tensor x = 2 * cat({cos(angle), sin(angle)}, 1) + 0.05 * randn({kBatch, 2});
  Tensor t = uniform({kBatch}, -6, 6, DType::float32), a = unsqueeze(sigmoid(t), 1);
  return mse_loss(model(sqrt(a) * x + sqrt(1 - a) * noise, t), noise);
}

}  // namespace

void run(Experiment& e) {
  e.rule("on every seed the loss with time-dependent LayerNorm is at least 0.1 below that of LayerNorm, which does not know the time, and at most "
         "0.1 above adaLN's, for at most a tenth of the parameters that adaLN adds");
  e.note("points in the plane in the place of images; adaLN has a sinusoidal embedding of 16 numbers, one hidden layer and a linear layer a norm "
         "that starts at 0. That the norm be better than adaLN, as in the paper, is not part of the rule");
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (const char* method : {"LN", "TD-LN", "adaLN"}) {
      e.begin(method, seed);
      Denoiser model(method);
      optim::Adam opt(model.parameters(), {.lr = 3e-3});
      train(opt, {.steps = 800}, [&](const Tensor&) { return loss_of(model); });
      NoGrad off;
      double total = 0;
      for (int i = 0; i < 100; i++) total += loss_of(model).item<double>();
      e.measure(kLoss, total / 100);
      e.measure(kParameters, double(model.num_parameters()));
    }
  for (int64_t seed : seeds) {
    auto of = [&](const char* method) { return e.value(method, kLoss, seed); };
    e.at_most(text("TD-LN - LN, seed ", seed), of("TD-LN") - of("LN"), -0.1);
    e.at_most(text("TD-LN - adaLN, seed ", seed), of("TD-LN") - of("adaLN"), 0.1);
  }
  auto added = [&](const char* method) { return e.mean(method, kParameters) - e.mean("LN", kParameters); };
  e.at_most("added parameters, TD-LN / adaLN", added("TD-LN") / added("adaLN"), 0.1);
}

}  // namespace tare::papers::time_dependent_ln
