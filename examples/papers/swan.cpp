// SWAN standardises the rows of each gradient and whitens it, and keeps no state: on a badly conditioned matrix quadratic that is turned, and on
// the hidden matrices of a model of characters. Each half of it alone is there for comparison.
#include "examples/papers/experiment.h"
#include "examples/papers/stateless_tasks.h"
#include "tare.h"

namespace tare::papers::swan {

void run(Experiment& e) {
  e.rule("turned quadratic: SWAN ends below 0.7 of Adam's and 0.2 of SGD's. Characters: SWAN at most 0.02 nats above Adam; all on every seed");
  e.note("the best of a few rates for every method; exact whitening on the quadratic, Newton-Schulz on the model. GradNorm only and whitening only"
         " (rescaled as SWAN is) are not asserted");
  struct Row {
    const char* name;
    optim::AnyOptimizer optimizer, hidden;
    std::vector<double> rates, hidden_rates;
  };
  const std::vector<double> rates = {0.01, 0.03, 0.1}, hidden_rates = {0.003, 0.01, 0.03};
  const optim::AnyOptimizer sgd = optim::SGD(), adam = optim::Adam();
  const optim::MultiNormGD rows_alone({.norms = {"row"}, .num_iters = 1}), whitening({.norms = {"spectral"}, .num_iters = 1});
  const Row rows[] = {{"SGD", sgd, sgd, {0.5, 1, 1.9}, {0.5, 2}},
                      {"Adam", adam, adam, rates, hidden_rates},
                      {"SWAN", optim::SWAN({.method = "exact"}), optim::SWAN(), rates, hidden_rates}};
  CharacterTask characters;
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds) {
    auto turned = [&](const optim::AnyOptimizer& method, const std::vector<double>& grid, const char* rate = "lr") {
      manual_seed(uint64_t(seed));
      e.measure("turned", MatrixQuadratic(true).solve(method, grid, rate));
    };
    for (const Row& row : rows) {
      e.begin(row.name, seed);
      turned(row.optimizer, row.rates);
      e.measure("held-out nats", characters.train_hidden(row.hidden, row.hidden_rates, seed));
    }
    e.begin("GradNorm only", seed);
    turned(optim::chain(optim::CentralizeGradients(), rows_alone), rates, "parts.1.lr");
    e.begin("whitening only", seed);
    turned(whitening, rates);
  }
  for (int64_t seed : seeds) {
    auto of = [&](const char* method, const char* metric) { return e.value(method, metric, seed); };
    e.below(text("turned: SWAN / Adam, seed ", seed), of("SWAN", "turned") / of("Adam", "turned"), 0.7);
    e.below(text("turned: SWAN / SGD, seed ", seed), of("SWAN", "turned") / of("SGD", "turned"), 0.2);
    e.at_most(text("characters: SWAN - Adam, seed ", seed), of("SWAN", "held-out nats") - of("Adam", "held-out nats"), 0.02);
  }
}

}  // namespace tare::papers::swan
