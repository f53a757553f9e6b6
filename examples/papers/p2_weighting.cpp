// P2 weighting: where a small diffusion model spends its capacity. The same perceptron is trained with weights (1 + SNR)^-gamma, and its unweighted error is measured in four ranges
// of noise: the weights shall move capacity from nearly clean pictures to noisy ones.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::p2_weighting {
namespace {

constexpr int64_t kSteps = 200, kWidth = 192, kTime = 32;
constexpr int64_t kBins[] = {0, 40, 100, 160, 200};

class Model : public nn::Layer<Model> {
 public:
  static constexpr std::string_view type = "Model";
  /// x (n, 64), t int64 (n) -> the noise in x.
  Tensor forward(const Tensor& x, const Tensor& t) {
    Tensor when = index_select(table, 0, t);
    Tensor h = in(x);
    h = silu(h + times[0](when));
    for (size_t i = 0; i < 2; i++) h = h + silu(blocks[i](h) + times[i + 1](when));
    return out(h);
  }
  void visit(Visitor& v) override {
    v.child("in", in), v.child("out", out);
    for (size_t i = 0; i < 2; i++) v.child(text("blocks.", i), blocks[i]);
    for (size_t i = 0; i < 3; i++) v.child(text("times.", i), times[i]);
  }
  nn::Linear in{64, kWidth}, out{kWidth, 64};
  std::vector<nn::Linear> blocks{{kWidth, kWidth}, {kWidth, kWidth}}, times{{kTime, kWidth}, {kTime, kWidth}, {kTime, kWidth}};
  Tensor table = nn::sinusoidal_positions(kSteps, kTime, 10000, DType::float32);
};

std::string bin(size_t i) { return text("t in ", kBins[i], " .. ", kBins[i + 1] - 1); }

}  // namespace

void run(Experiment& e) {
  e.rule("on every seed gamma = 1 lowers the error of the two noisiest ranges to at most 0.75 of that of gamma = 0, while that of the cleanest rises by at least 5 percent");
  Digits data = digits();
  e.note(data.source);
  e.note("no gain in the quality of samples is asserted: pictures of 8 x 8 hold no imperceptible detail");
  Tensor x = data.x / 8 - 1, x_test = data.x_test / 8 - 1;
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (double gamma : {0.0, 0.5, 1.0}) {
      e.begin(text("gamma ", gamma), seed);
      nn::P2Loss loss({.timesteps = kSteps, .p2_gamma = gamma});
      double size = mean(nn::p2_weights({.timesteps = kSteps, .p2_gamma = gamma})).item();
      Model model;
      optim::EMA opt(model.parameters(), optim::Adam{{.lr = 1e-3}}, {.decay = 0.995});
      train(opt, {.samples = x.size(0), .batch = 128, .steps = 1500}, [&](const Tensor& i) {
        Tensor clean = index_select(x, 0, i), eps = randn_like(clean), t = randint(0, kSteps, {clean.size(0)});
        return mean(loss(eps, model(loss.noised(clean, eps, t), t), t)) / size;
      });
      NoGrad off;
      optim::Optimizer::EvaluationScope averaged(opt);
      Generator same(99);  // the noise of every method and seed
      for (size_t b = 0; b < 4; b++) {
        double total = 0;
        for (int64_t t = kBins[b]; t < kBins[b + 1]; t++) {
          Tensor eps = randn(x_test.shape(), DType::float32, &same), when = full({x_test.size(0)}, t, DType::int64);
          total += mse_loss(model(loss.noised(x_test, eps, when), when), eps).item<double>();
        }
        e.measure(bin(b), total / double(kBins[b + 1] - kBins[b]));
      }
    }
  for (int64_t seed : seeds) {
    auto ratio = [&](size_t b) { return e.value("gamma 1", bin(b), seed) / e.value("gamma 0", bin(b), seed); };
    e.at_least(text(bin(0), ", gamma 1 / gamma 0, seed ", seed), ratio(0), 1.05);
    for (size_t b : {2, 3}) e.at_most(text(bin(b), ", gamma 1 / gamma 0, seed ", seed), ratio(b), 0.75);
  }
}

}  // namespace tare::papers::p2_weighting
