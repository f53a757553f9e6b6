// Parameters of a line drawing found from the drawing: gradients through the filters recover the four numbers, and a threshold that differs over the
// picture is found by a map, not by one number.
#include <cmath>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::wise_stylization {
namespace {

constexpr nn::XDoGConstants kSoft{.radius = 4, .p_scale = 1, .phi_scale = 1};
constexpr const char* kNames[] = {"sigma", "p", "eps", "phi"};
constexpr double kTruth[] = {0.9, 6, 0.45, 4}, kStart[] = {0.5, 2, 0.7, 1.5};

}  // namespace

void run(Experiment& e) {
  e.rule("the L1 distance to the drawing falls below 5% of the first and every parameter comes within 5% of the truth; for a threshold of 0.3 on the "
         "left and 0.6 on the right, a map ends below 20% of "
         "the distance that one number ends at");
  Tensor x = fashion(16, 1).x;
  auto number = [](double v) { return full({1}, v); };
  auto seeds = e.seeds(1);
  for (int64_t seed : seeds) {
    e.begin("recovery", seed);
    Tensor drawing = nn::xdog(x, number(kTruth[0]), number(kTruth[1]), number(kTruth[2]), number(kTruth[3]), kSoft);
    Tensors logs;
    for (double s : kStart) logs.push_back(number(std::log(s)).set_requires_grad());
    auto distance = [&] { return mean(abs(nn::xdog(x, exp(logs[0]), exp(logs[1]), exp(logs[2]), exp(logs[3]), kSoft) - drawing)); };
    e.measure("first L1", distance().item());
    optim::Adam opt{ParameterList(logs), {.lr = 0.05}};
    train(opt, {.steps = 250}, [&](const Tensor&) { return distance(); });
    e.measure("final L1", distance().item());
    for (size_t i = 0; i < 4; i++) e.measure(kNames[i], std::exp(logs[i].item()));
    Tensor halves = cat({full({1, 1, 28, 14}, 0.3), full({1, 1, 28, 14}, 0.6)}, 3);
    Tensor two = nn::xdog(x, number(kTruth[0]), number(kTruth[1]), halves, number(kTruth[3]), kSoft);
    for (const char* method : {"one threshold", "map"}) {
      e.begin(method, seed);
      Tensor eps = (method == std::string("map") ? full({1, 1, 28, 28}, 0.45) : number(0.45)).set_requires_grad();
      auto away = [&] { return mean(abs(nn::xdog(x, number(kTruth[0]), number(kTruth[1]), eps, number(kTruth[3]), kSoft) - two)); };
      e.measure("first L1", away().item());
      optim::Adam local{ParameterList({eps}), {.lr = 0.02}};
      train(local, {.steps = 200}, [&](const Tensor&) { return away(); });
      e.measure("final L1", away().item());
    }
  }
  for (int64_t seed : seeds) {
    e.below(text("final / first L1, seed ", seed), e.value("recovery", "final L1", seed) / e.value("recovery", "first L1", seed), 0.05);
    for (size_t i = 0; i < 4; i++) e.at_most(text(kNames[i], ": relative error, seed ", seed), std::abs(e.value("recovery", kNames[i], seed) / kTruth[i] - 1), 0.05);
    e.below(text("map / one threshold, seed ", seed), e.value("map", "final L1", seed) / e.value("one threshold", "final L1", seed), 0.2);
  }
}

}  // namespace tare::papers::wise_stylization
