// SinkGD rescales the rows and the columns of each gradient in turn and keeps no state: on a badly conditioned matrix quadratic, as it stands and
// turned, and on the hidden matrices of a model of characters.
#include <algorithm>

#include "examples/papers/experiment.h"
#include "examples/papers/stateless_tasks.h"
#include "tare.h"

namespace tare::papers::gradient_multi_norm {

void run(Experiment& e) {
  e.rule("diagonal quadratic: SinkGD ends below 1e-8 of the start; turned: below 0.3 of Adam's and 0.1 of SGD's. Characters: SinkGD at most 0.05 "
         "nats above Adam; all on every seed");
  e.note("the best of a few rates for every method. A small perceptron does not separate SinkGD from SGD on the hidden matrices: the language model "
         "asks for parity only");
  e.note("turned is A alone. With A and B both turned SinkGD ends at Adam's level (1.25 and 0.90 of it) and at a third of SGD's: rows and columns "
         "help where one side is diagonal");
  struct Row {
    const char* name;
    optim::AnyOptimizer optimizer;
    std::vector<double> rates, hidden_rates;
  };
  const std::vector<double> rates = {0.01, 0.03, 0.1}, hidden = {0.003, 0.01, 0.03};
  const Row rows[] = {{"SGD", optim::SGD(), {0.5, 1, 1.9}, {0.5, 2}},
                      {"Adam", optim::Adam(), rates, hidden},
                      {"SinkGD", optim::SinkGD(), rates, hidden}};
  CharacterTask characters;
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds)
    for (const Row& row : rows) {
      e.begin(row.name, seed);
      for (bool rotated : {false, true}) {
        manual_seed(uint64_t(seed));
        e.measure(rotated ? "turned" : "diagonal", MatrixQuadratic(rotated).solve(row.optimizer, row.rates));
      }
      e.measure("held-out nats", characters.train_hidden(row.optimizer, row.hidden_rates, seed));
    }
  for (int64_t seed : seeds) {
    auto of = [&](const char* method, const char* metric) { return e.value(method, metric, seed); };
    e.below(text("diagonal: SinkGD, seed ", seed), of("SinkGD", "diagonal"), 1e-8);
    e.below(text("turned: SinkGD / Adam, seed ", seed), of("SinkGD", "turned") / of("Adam", "turned"), 0.3);
    e.below(text("turned: SinkGD / SGD, seed ", seed), of("SinkGD", "turned") / of("SGD", "turned"), 0.1);
    e.at_most(text("characters: SinkGD - Adam, seed ", seed), of("SinkGD", "held-out nats") - of("Adam", "held-out nats"), 0.05);
  }
}

}  // namespace tare::papers::gradient_multi_norm
