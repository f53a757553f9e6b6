// Gradient clipping and the penalty against vanishing gradients on the temporal-order problem: two marks far apart among distractors, and the order
// in which they came is asked for at the end. From a recurrent weight that explodes, training fails without the clip; over longer sequences, where
// the error has vanished before it arrives, the clip is not enough and the penalty is what helps.
#include <cmath>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::rnn_gradient_clipping {
namespace {

constexpr int64_t kSymbols = 6, kHidden = 50, kClasses = 4, kBatch = 20;
constexpr const char* kAccuracy = "accuracy";

struct Task {
  int64_t length;
  int64_t first[2], second[2];  ///< where the marks may stand, both ends included
  double lr;
};
constexpr Task kShort{20, {2, 4}, {8, 10}, 0.1}, kLong{30, {3, 6}, {12, 15}, 0.3};

struct Method {
  const char* name;
  const Task& task;
  bool clip;
  double penalty;  ///< weight of Omega
};
constexpr Method kMethods[] = {{"T 20: unclipped", kShort, false, 0},        {"T 20: clipped", kShort, true, 0},
                               {"T 20: clipped, Omega 0.5", kShort, true, 0.5}, {"T 30: clipped", kLong, true, 0},
                               {"T 30: clipped, Omega 0.5", kLong, true, 0.5},  {"T 30: clipped, Omega 2", kLong, true, 2}};

struct Sequences {
  Tensor x, y;  ///< (T, n, 6) one-hot; which of the four ordered pairs of marks
};
Sequences draw(const Task& task, int64_t n) {
  Tensor symbols = randint(2, kSymbols, {task.length, n}), at = unsqueeze(arange(task.length), 1), y = zeros({n}, DType::int64);
  for (auto& range : {task.first, task.second}) {
    Tensor mark = randint(0, 2, {n});
    symbols = where(eq(at, randint(range[0], range[1] + 1, {n})), mark, symbols);
    y = 2 * y + mark;
  }
  return {to(one_hot(symbols, kSymbols), DType::float32), y};
}

struct Classifier {
  nn::RNN rnn{kSymbols, kHidden};
  nn::Linear readout{kHidden, kClasses};

  Classifier() {
    NoGrad off;
    for (auto& p : parameters()) {
      double deviation = p.role == Role::bias ? 0 : p.name == "rnn.weight_hh_l0" ? 1.5 / std::sqrt(double(kHidden)) : 0.1;
      copy_(p.tensor, deviation * randn(p.tensor.shape()));
    }
  }
  ParameterList parameters() { return joined({{"rnn", &rnn}, {"readout", &readout}}); }
  /// Of the last state.
  Tensor classify(const nn::RecurrentOutput& states) { return readout(select(states.h_n, 0, 0)); }
};

}  // namespace

void run(Experiment& e) {
  e.rule("T = 20: accuracy at least 0.95 with the clip and at most 0.6 without, on every seed; T = 30: the penalty of weight 0.5 adds at least 0.3 "
         "to the clip's mean accuracy");
  e.note("methods of one seed have the same initial weights and sequences. The clip comes after the penalty's gradient is added. Sequences are "
         "short beside the paper's 50 to 200 steps");
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds)
    for (const Method& method : kMethods) {
      e.begin(method.name, seed);
      Classifier net;
      nn::RegularizerList penalty(net.rnn);
      if (method.penalty > 0) penalty.add(nn::VanishingGradientPenalty({.weight = method.penalty}));
      ParameterList all = net.parameters();
      // One bias b, as in the equation: the RNN's second one stays zero.
      std::vector<optim::AnyOptimizer> parts;
      if (method.clip) parts.push_back(optim::clip_by_norm(1));
      parts.push_back(optim::SGD({.lr = method.task.lr}));
      optim::Chain opt(all.without(all.select("rnn.bias_hh_l0")), parts);
      train(opt, {.steps = 1000}, [&](const Tensor&) {
        Sequences s = draw(method.task, kBatch);
        auto watching = penalty.watch();
        nn::RecurrentOutput states = net.rnn(s.x);
        Tensor loss = cross_entropy(net.classify(states), s.y);
        return penalty.empty() ? loss : loss + penalty.penalty(s.x, states.output, loss);
      });
      NoGrad off;
      Sequences fresh = draw(method.task, 1000);
      e.measure(kAccuracy, accuracy(net.classify(net.rnn(fresh.x)), fresh.y));
    }
  for (int64_t seed : seeds) {
    e.at_least(text("T 20: clipped, seed ", seed), e.value("T 20: clipped", kAccuracy, seed), 0.95);
    e.at_most(text("T 20: unclipped, seed ", seed), e.value("T 20: unclipped", kAccuracy, seed), 0.6);
  }
  e.at_least("T 30: mean with Omega 0.5 - without", e.mean("T 30: clipped, Omega 0.5", kAccuracy) - e.mean("T 30: clipped", kAccuracy), 0.3);
}

}  // namespace tare::papers::rnn_gradient_clipping
