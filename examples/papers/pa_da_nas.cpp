// PA&DA: do cheap scores of samples make the variance of the stochastic gradient small? All gradients of single samples are computed, and with them the exact variance
// V(p) = sum |g_i|^2 / (N^2 p_i) - |mean g|^2 of the unbiased estimator that draws i with probability p_i.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::pa_da_nas {

void run(Experiment& e) {
  e.rule("with tau 0.5 the variance is below 0.3 of uniform sampling's and below 2.5 times that of exact norms; sampling inversely to the score is worse than uniform; on every seed");
  Digits d = digits(1200);
  e.note(d.source);
  e.note("the bounds are those of scikit-learn's digits, which the net learns almost perfectly; harder images leave many samples with large gradients");
  Tensor x = d.x / 16;
  double n = double(x.size(0));
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    nn::Sequential net{nn::Linear(64, 32), nn::ReLU(), nn::Linear(32, 10)};
    optim::SGD opt(net.parameters(), {.lr = 0.1, .momentum = 0.9});
    train(opt, {.samples = x.size(0), .batch = 64, .steps = 300}, [&](const Tensor& index) { return nn::cross_entropy(net(index_select(x, 0, index)), index_select(d.y, 0, index)); });
    Tensors flat;
    for (auto& [name, g] : nn::per_sample_grad(net, {x, d.y}, [&](const Tensors& in) { return nn::cross_entropy(net(in[0]), in[1], {.reduction = Reduction::none}); }))
      flat.push_back(to(reshape(g, {g.size(0), -1}), DType::float64));
    Tensor grads = cat(flat, 1), squares = sum(square(grads), {1}), norms = sqrt(squares);
    double squared_mean = sum(square(mean(grads, {0}))).item();
    auto variance = [&](const Tensor& p) { return sum(squares / p).item() / (n * n) - squared_mean; };
    Tensor score = to(nn::pada_data_score(net(x), d.y), DType::float64), inverse = 1 / clamp(score, 1e-3);
    double uniform = variance(full_like(norms, 1 / n));
    for (auto& [method, p] : std::initializer_list<std::pair<const char*, Tensor>>{{"exact norms", norms / sum(norms)},
                                                                                  {"score, tau 1", nn::pada_probability(score, 1)},
                                                                                  {"score, tau 0.5", nn::pada_probability(score, 0.5)},
                                                                                  {"inverse score, tau 0.5", nn::pada_probability(inverse, 0.5)}}) {
      e.begin(method, seed);
      e.measure("variance / uniform", variance(p) / uniform);
    }
  }
  for (int64_t seed : seeds) {
    double half = e.value("score, tau 0.5", "variance / uniform", seed);
    e.below(text("score with tau 0.5, seed ", seed), half, 0.3);
    e.below(text("score with tau 0.5 against exact norms, seed ", seed), half, 2.5 * e.value("exact norms", "variance / uniform", seed));
    e.above(text("inverse score, seed ", seed), e.value("inverse score, tau 0.5", "variance / uniform", seed), 1);
  }
  e.note("the ranking of sub-networks (NAS-Bench-201) is not measured, only the variance it is explained by");
}

}  // namespace tare::papers::pa_da_nas
