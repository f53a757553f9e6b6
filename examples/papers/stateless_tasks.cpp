#include "examples/papers/stateless_tasks.h"

#include <algorithm>
#include <cmath>

#include "tare.h"

namespace tare::papers {
namespace {

constexpr int64_t kContext = 12;

/// Diagonal, entries logspace(1e-3 .. 1) in random order; turned by a random rotation when asked.
Tensor badly_conditioned(int64_t n, bool rotated) {
  Tensor entries = index_select(logspace(-3, 0, n), 0, randperm(n));
  if (!rotated) return diag(entries);
  Tensor q = qr(randn({n, n})).first;
  return matmul(q * entries, transpose(q));
}

/// The character that follows each row of x, and the row.
std::pair<Tensor, Tensor> last_characters(const data::TextDataset& text, const std::vector<int64_t>& which) {
  auto [x, y] = text.get(which);
  return {x, select(y, 1, -1)};
}

}  // namespace

MatrixQuadratic::MatrixQuadratic(bool rotated) {
  DefaultDtype wide(DType::float64);
  target = randn({24, 48}), a = badly_conditioned(24, rotated), b = badly_conditioned(48, false);
}

double MatrixQuadratic::solve(const optim::AnyOptimizer& method, const std::vector<double>& rates, const char* rate) const {
  constexpr int64_t kSteps = 200;
  double best = INFINITY;
  for (double lr : rates) {
    Tensor w = zeros_like(target).set_requires_grad();
    auto f = [&] {
      Tensor off = w - target;
      return 0.5 * sum(off * matmul(a, matmul(off, b)));
    };
    double at_first = f().item();
    optim::AnyOptimizer opt = method;
    opt->set(rate, lr);
    opt->bind(ParameterList(Tensors{w}));
    optim::CosineAnnealingLR cosine(*opt, {.T_max = kSteps});
    train(*opt, {.steps = kSteps, .schedule = &cosine}, [&](const Tensor&) { return f(); });
    best = std::min(best, f().item() / at_first);
  }
  return best;
}

CharacterTask::CharacterTask()
    : train_text({.text = bible(400000), .context = kContext, .split = "train"}),
      held_out({.text = bible(400000), .context = kContext, .stride = 8, .split = "test"}) {}

double CharacterTask::train_hidden(const optim::AnyOptimizer& hidden, const std::vector<double>& rates, int64_t seed) const {
  constexpr int64_t kSteps = 300;
  int64_t letters = train_text.vocabulary().size();
  std::vector<int64_t> all(size_t(held_out.size()));
  for (size_t i = 0; i < all.size(); i++) all[i] = int64_t(i);
  auto [x_test, y_test] = last_characters(held_out, all);
  double best = INFINITY;
  for (double lr : rates) {
    manual_seed(uint64_t(seed));
    nn::Sequential net{nn::Embedding{letters, 24}, nn::Flatten{}, nn::Linear{24 * kContext, 192}, nn::ReLU{},
                       nn::Residual{nn::Sequential{nn::Linear{192, 192}, nn::ReLU{}}}, nn::Linear{192, letters}};
    optim::AnyOptimizer method = hidden;
    method->set("lr", lr);
    optim::PerGroup opt(net.parameters(), {optim::Masked(method, {.params = {"2.weight", "4.module.0.weight"}}), optim::Adam({.lr = 0.01})});
    optim::WarmupCosineLR schedule(opt, {.warmup_steps = 40, .total_steps = kSteps});
    train(opt, {.samples = train_text.size(), .steps = kSteps, .schedule = &schedule}, [&](const Tensor& index) {
      auto [x, y] = last_characters(train_text, index.to_vector<int64_t>());
      return cross_entropy(net(x), y);
    });
    NoGrad off;
    best = std::min(best, cross_entropy(net(x_test), y_test).item<double>());
  }
  return best;
}

}  // namespace tare::papers
