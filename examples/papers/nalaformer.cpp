// NaLaFormer: linear attention whose sharpness follows the length of the query. Measured are the entropy of the weights as queries grow, and retrieval of the value
// whose key a noisy query resembles, beside linear attention of relu features and beside softmax.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::nalaformer {
namespace {

constexpr int64_t kDim = 16;

/// q (B, N, d), k, v (B, M, d): one head.
Tensor attend(const std::string& method, const Tensor& q, const Tensor& k, const Tensor& v) {
  if (method == "NaLa") return squeeze(nn::nala_attention(unsqueeze(q, 1), unsqueeze(k, 1), unsqueeze(v, 1)), {1});
  if (method == "softmax") return scaled_dot_product_attention(q, k, v);
  Tensor f = relu(q), g = relu(k);
  return matmul(f, matmul(transpose(g), v)) / (matmul(f, transpose(sum(g, {1}, true))) + 1e-6);
}

double entropy(const std::string& method, const Tensor& q, const Tensor& k) {
  Tensor w = attend(method, unsqueeze(q, 0), unsqueeze(k, 0), unsqueeze(eye(k.size(0), k.size(0), q.dtype()), 0));
  return -sum(xlogy(w, w)).item() / double(q.size(0));
}

struct Batch {
  Tensor key, value, query, answer;
};
Batch batch(int64_t n) {
  Tensor key = randn({n, 24, kDim}), value = randn({n, 24, kDim});
  auto first = [](const Tensor& t) { return narrow(t, 1, 0, 8); };  // tokens have no order: the first eight are asked for
  return {key, value, first(key) + 0.1 * randn({n, 8, kDim}), first(value)};
}

}  // namespace

void run(Experiment& e) {
  e.rule("NaLa's entropy falls with every growth of the queries, by more than 0.3 from 0.1 to 4, while relu attention's stays within 1e-6; and its mean retrieval error is "
         "below 0.97 of relu attention's");
  auto seeds = e.seeds(2);
  const std::vector<double> scales = {0.1, 0.25, 0.5, 1, 2, 4};
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    Tensor q = normalize(randn({64, kDim}, DType::float64)), k = randn({64, kDim}, DType::float64);
    for (const char* method : {"relu", "NaLa", "softmax"}) {
      e.begin(method, seed);
      for (double s : scales) e.measure(text("entropy at ", s), entropy(method, s * q, k));
      nn::ModuleDict maps;
      for (const char* name : {"q", "k", "v", "o"}) maps.set(name, nn::Linear(kDim, kDim));
      optim::Adam opt(maps.parameters(), {.lr = 5e-3});
      auto loss = [&](const Batch& b) { return mse_loss(maps["o"](attend(method, maps["q"](b.query), maps["k"](b.key), maps["v"](b.value))), b.answer); };
      train(opt, {.steps = 400}, [&](const Tensor&) { return loss(batch(32)); });
      NoGrad off;
      e.measure("retrieval MSE", loss(batch(512)).item<double>());
    }
  }
  for (int64_t seed : seeds) {
    auto at = [&](const char* method, double s) { return e.value(method, text("entropy at ", s), seed); };
    double least = INFINITY, spread = 0;
    for (size_t i = 0; i + 1 < scales.size(); i++) least = std::min(least, at("NaLa", scales[i]) - at("NaLa", scales[i + 1]));
    for (double s : scales) spread = std::max(spread, std::abs(at("relu", s) - at("relu", 0.1)));
    e.above(text("least fall of NaLa's entropy, seed ", seed), least, 0);
    e.above(text("its fall from 0.1 to 4, seed ", seed), at("NaLa", 0.1) - at("NaLa", 4), 0.3);
    e.below(text("change of relu's entropy, seed ", seed), spread, 1e-6);
  }
  e.below("NaLa's retrieval MSE against relu's", e.mean("NaLa", "retrieval MSE"), 0.97 * e.mean("relu", "retrieval MSE"));
  e.note("softmax is no baseline of the rule: it retrieves far better than both");
}

}  // namespace tare::papers::nalaformer
