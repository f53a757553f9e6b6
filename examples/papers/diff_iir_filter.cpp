// Differentiating recursive filters: the gradient of a filter as one filter run backwards, beside the same filter recorded sample by sample. Measured are the time, the difference of the
// gradients, and whether a low-pass filter is recovered from what it does to white noise.
#include <numbers>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::diff_iir_filter {
namespace {

/// A biquad as a chain of recorded operations, b (3), a (2), x (B, T).
Tensor recorded(const Tensor& b, const Tensor& a, const Tensor& x) {
  Tensors bs = unbind(b), as = unbind(a), out;
  Tensor s1 = zeros({x.size(0)}, x.dtype()), s2 = s1;
  for (int64_t t = 0; t < x.size(1); t++) {
    Tensor xt = select(x, 1, t), y = bs[0] * xt + s1;
    s1 = s2 + bs[1] * xt - as[0] * y;
    s2 = bs[2] * xt - as[1] * y;
    out.push_back(y);
  }
  Tensors pieces;  // an operation takes 64 recorded inputs at most
  for (size_t i = 0; i < out.size(); i += 64) pieces.push_back(stack(Tensors(out.begin() + int64_t(i), out.begin() + int64_t(std::min(i + 64, out.size()))), 1));
  return cat(pieces, 1);
}
Tensor closed(const Tensor& b, const Tensor& a, const Tensor& x) { return lfilter(b, a, x).first; }

using Filter = Tensor (*)(const Tensor& b, const Tensor& a, const Tensor& x);
constexpr std::pair<const char*, Filter> kFilters[] = {{"tape", recorded}, {"closed form", closed}};

/// Butterworth's second order at a quarter of the Nyquist frequency.
struct Biquad {
  Tensor b, a;
};
Biquad butterworth() {
  double w = std::tan(std::numbers::pi * 0.25 / 2), q = 1 + std::sqrt(2.0) * w + w * w;
  return {tensor({w * w / q, 2 * w * w / q, w * w / q}), tensor({2 * (w * w - 1) / q, (1 - std::sqrt(2.0) * w + w * w) / q})};
}

}  // namespace

void run(Experiment& e) {
  e.rule("forward and backward over 4096 samples are at least 20 times as fast as on the tape, with gradients that differ by at most 1e-8 of their size; on every seed 500 steps of Adam "
         "reach 1e-8 of the first error and coefficients within 1e-4, and both ways of differentiation learn alike, within 1e-6 of the first error");
  DefaultDtype scope(DType::float64);
  auto seeds = e.seeds(2);
  Biquad target = butterworth();
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    Tensor x = randn({1, 4096}).set_requires_grad(), b = clone(target.b).detach().set_requires_grad(), a = clone(target.a).detach().set_requires_grad(), probe = randn({1, 4096});
    std::vector<Tensors> gradients;
    for (auto [method, filter] : kFilters) {
      e.begin(method, seed);
      double best = INFINITY;
      Tensors g;
      for (int i = 0; i < 5; i++) {
        double before = e.seconds();
        g = grad(Tensors{sum(filter(b, a, x) * probe)}, {b, a, x});
        best = std::min(best, e.seconds() - before);
      }
      gradients.push_back(g);
      e.measure("seconds a pass", best);
    }
    double difference = 0;
    for (size_t i = 0; i < 3; i++) difference = std::max(difference, max(abs(gradients[0][i] - gradients[1][i])).item() / max(abs(gradients[0][i])).item());
    e.measure("difference of gradients", difference);

    Tensor noise = randn({8, 512}), want = closed(target.b, target.a, noise);
    std::vector<std::vector<double>> losses;
    for (auto [method, filter] : kFilters) {
      e.begin(text("learning, ", method), seed);
      nn::IIRFilter model;
      nn::reparametrize(model, "a", nn::StableBiquad{});
      optim::Adam opt(model.parameters(), {.lr = 0.02});
      std::vector<double> curve;
      bool tape = losses.empty();
      // The tape is much slower: a fifth of the way shows that both learn alike.
      train(opt, {.steps = tape ? 100 : 500}, [&](const Tensor&) {
        Tensor loss = mse_loss(filter(model.b(), model.a(), noise), want);
        curve.push_back(loss.item());
        return loss;
      });
      NoGrad off;
      e.measure("first error", curve[0]);
      e.measure("last error", mse_loss(filter(model.b(), model.a(), noise), want).item());
      e.measure("coefficients off by", std::max(max(abs(model.b() - target.b)).item(), max(abs(model.a() - target.a)).item()));
      losses.push_back(curve);
    }
    double apart = 0;
    for (size_t i = 0; i < losses[0].size(); i++) apart = std::max(apart, std::abs(losses[0][i] - losses[1][i]));
    e.measure("curves apart by", apart / losses[0][0]);
  }
  for (int64_t seed : seeds) {
    const char* learned = "learning, closed form";
    e.at_least(text("times as fast, seed ", seed), e.value("tape", "seconds a pass", seed) / e.value("closed form", "seconds a pass", seed), 20);
    e.at_most(text("difference of gradients, seed ", seed), e.value("closed form", "difference of gradients", seed), 1e-8);
    e.below(text("last error / first, seed ", seed), e.value(learned, "last error", seed) / e.value(learned, "first error", seed), 1e-8);
    e.at_most(text("coefficients off by, seed ", seed), e.value(learned, "coefficients off by", seed), 1e-4);
    e.at_most(text("loss curves apart by, seed ", seed), e.value(learned, "curves apart by", seed), 1e-6);
  }
}

}  // namespace tare::papers::diff_iir_filter
