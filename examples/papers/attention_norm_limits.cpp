// Limits of normalization in attention: with bounded logits every weight vanishes like 1 / L, selected tokens stop being separable, softmax scaled by log L escapes, and low
// temperatures make the Jacobian grow like 1 / T. All on random queries and keys of length 1.
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::attention_norm_limits {
namespace {

constexpr int64_t kDim = 32, kDraws = 64;
Tensor on_sphere(const Shape& shape) { return normalize(randn(shape), 2, -1); }

}  // namespace

void run(Experiment& e) {
  e.rule("L max weight stays below e^2 while the weight itself falls to less than 1/40 from L = 16 to 1024; the separable share falls from above 0.6 to below 0.1; of logits times 8 "
         "the largest weight of scalable softmax stays above 0.25 at 1024 and softmax's falls below 0.05; two tied tokens attain |J| = 1 / (2T) to 1e-10");
  DefaultDtype scope(DType::float64);
  auto seeds = e.seeds(1);
  for (int64_t seed : seeds) {
    for (int64_t length : {16, 64, 256, 1024}) {
      e.begin(text("L = ", length), seed);
      Tensor q = on_sphere({kDraws, 1, kDim}), k = on_sphere({kDraws, length, kDim}), x = on_sphere({kDraws, length, kDim});
      Tensor l = squeeze(matmul(q, transpose(k)), {1});
      auto largest = [](const Tensor& logits, nn::AttentionNormalizeOptions o) { return amax(nn::attention_normalize(logits, o), {1}); };
      Tensor weights = largest(l, {});
      e.measure("mean max weight", mean(weights).item());
      e.measure("L max weight", double(length) * max(weights).item());
      e.measure("separable share", mean(nn::separable_fraction(l, x, length / 4)).item());
      e.measure("softmax, logits x 8", mean(largest(8 * l, {})).item());
      e.measure("ssmax, logits x 8", mean(largest(8 * l, {.kind = nn::AttentionNormalizeOptions::Kind::ssmax})).item());
    }
    for (double t : {2.0, 1.0, 0.5, 0.1, 0.02}) {
      e.begin(text("T = ", t), seed);
      e.measure("2T |J| of a tie", 2 * t * nn::softmax_jacobian_norm(tensor({0.0, 0.0, -1e3}), t).item());
      e.measure("|J| of N(0, 1) logits", max(nn::softmax_jacobian_norm(randn({200, 16}), t)).item());
    }
  }
  for (int64_t seed : seeds) {
    auto at = [&](int64_t length, const char* metric) { return e.value(text("L = ", length), metric, seed); };
    for (int64_t length : {16, 64, 256, 1024}) e.below(text("L max weight, L = ", length), at(length, "L max weight"), std::exp(2.0));
    e.below("mean max weight, L = 1024", at(1024, "mean max weight"), at(16, "mean max weight") / 40);
    e.above("separable share, L = 16", at(16, "separable share"), 0.6);
    e.below("separable share, L = 1024", at(1024, "separable share"), 0.1);
    e.above("scalable softmax, L = 1024", at(1024, "ssmax, logits x 8"), 0.25);
    e.below("softmax, L = 1024", at(1024, "softmax, logits x 8"), 0.05);
    for (double t : {2.0, 1.0, 0.5, 0.1, 0.02}) e.at_most(text("|2T |J| - 1| of a tie, T = ", t), std::abs(e.value(text("T = ", t), "2T |J| of a tie", seed) - 1), 1e-10);
  }
}

}  // namespace tare::papers::attention_norm_limits
