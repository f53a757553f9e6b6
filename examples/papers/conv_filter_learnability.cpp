// Learning one convolutional filter: is it faster when the patches of an input are close to each other?
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::conv_filter_learnability {

void run(Experiment& e) {
  e.rule("gradient descent comes within 0.05 of the teacher in 600 steps with close patches and with far ones, and needs at least 2.5 times as many steps with far ones, on every seed");
  auto seeds = e.seeds(3);
  constexpr int64_t kNever = 601;
  for (int64_t seed : seeds)
    for (double spread : {0.1, 3.0}) {
      e.begin(spread < 1 ? "close" : "far", seed);
      auto [distance, angle] = nn::ConvFilterLearnability({.spread = spread, .seed = seed})();
      std::vector<double> d = distance.to_vector<double>();
      int64_t reached = kNever;
      for (size_t t = d.size(); t-- > 0 && d[t] < 0.05;) reached = int64_t(t);
      e.measure("steps to 0.05", double(reached));
      e.measure("final distance", d.back());
      if (seed == 0)
        for (size_t t = 0; t < 150; t++) e.point("distance to the teacher", double(t), d[t]);
    }
  for (int64_t seed : seeds) {
    double close = e.value("close", "steps to 0.05", seed), far = e.value("far", "steps to 0.05", seed);
    e.at_most(text("steps with close patches, seed ", seed), close, 600);
    e.at_most(text("steps with far patches, seed ", seed), far, 600);
    e.at_least(text("far / close, seed ", seed), far / close, 2.5);
  }
}

}  // namespace tare::papers::conv_filter_learnability
