// A trained two-layer ReLU network of 40 neurons is pruned along linear dependences of its neurons: as many are left as there are samples, and
// neither prediction nor objective suffers. The baseline keeps as many neurons of largest contribution.
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::relu_optimal_sets {

void run(Experiment& e) {
  e.rule("at most 12 of 40 neurons are left, predictions change by less than 1e-8, the objective does not rise by more than 1e-8, and pruning by "
         "magnitude to the same width makes it at "
         "least 3 times larger, on every seed");
  constexpr int64_t n = 12, d = 3, p = 40;
  constexpr double lam = 0.01;
  DefaultDtype wide(DType::float64);
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    e.begin("optimal", seed);
    Tensor x = randn({n, d}), y = 2.0 * bernoulli(full({n}, 0.5)) - 1.0, u = 0.5 * randn({p, d}), a = 0.5 * randn({p});
    for (int64_t step = 0; step < 20000; step++) {
      Tensors leaves{u.set_requires_grad(), a.set_requires_grad()};
      Tensors g = grad({nn::relu_network_objective(u, a, x, y, lam)}, leaves);
      u = (u.detach() - 0.004 * g[0]).detach(), a = (a.detach() - 0.004 * g[1]).detach();
    }
    auto f = [&](const Tensor& w, const Tensor& b) { return mv(relu(matmul(x, transpose(w))), b); };
    auto objective = [&](const Tensor& w, const Tensor& b) { return nn::relu_network_objective(w, b, x, y, lam).item(); };
    nn::ReluNeurons left = nn::prune_relu_network(u, a, x);
    e.measure("width", double(left.a.numel()));
    e.measure("fit change", max(abs(f(left.u, left.a) - f(u, a))).item());
    e.measure("objective before", objective(u, a));
    e.measure("objective", objective(left.u, left.a));
    e.begin("magnitude", seed);
    Tensor kept = topk(abs(a) * norm(u, 2, {1}), left.a.numel(), 0).indices;
    e.measure("width", double(kept.numel()));
    e.measure("objective", objective(index_select(u, 0, kept), index_select(a, 0, kept)));
  }
  for (int64_t seed : seeds) {
    e.at_most(text("width, seed ", seed), e.value("optimal", "width", seed), double(n));
    e.below(text("fit change, seed ", seed), e.value("optimal", "fit change", seed), 1e-8);
    e.at_most(text("objective after - before, seed ", seed), e.value("optimal", "objective", seed) - e.value("optimal", "objective before", seed), 1e-8);
    e.at_least(text("magnitude / optimal, seed ", seed), e.value("magnitude", "objective", seed) / e.value("optimal", "objective", seed), 3);
  }
}

}  // namespace tare::papers::relu_optimal_sets
