// Averages of the weights along the path of a base optimizer, to evaluate with (Optimizer::EvaluationScope). The base is not changed.
//
//   EMA (Polyak and Juditsky, 1992, with exponential weights as in Tarvainen and Valpola, 2017, arXiv:1703.01780):
//       a <- d a + (1 - d) w after every `every`-th step, d = min(decay, (1 + n) / (10 + n)) with warmup, n averages so far; a starts as the weights
//       after the first step that counts
//   SWA, Averaging Weights Leads to Wider Optima and Better Generalization (Izmailov et al., 2018, arXiv:1803.05407):
//       the mean of the weights after steps start, start + every, start + 2 every, ...
//
// A model with batch normalization wants its running statistics made anew for the average: nn::update_batch_norm.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct WeightAverageState {
  Tensor average;
  void visit(Visitor& v);
};

struct EMAOptions {
  double decay = 0.999;  ///< in [0, 1)
  int64_t every = 1;     ///< at least 1
  bool warmup = false;   ///< shorter averages at first
  void visit(Visitor& v);
};

class EMA : public Wrapper<EMA, EMAOptions, WeightAverageState> {
 public:
  static constexpr std::string_view type = "EMA";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  Tensor evaluation_weight(size_t i, const Tensor& w) const override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const EMAOptions& o);

 private:
  int64_t step_ = 0, averaged_ = 0;
};

struct SWAOptions {
  int64_t start = 1;  ///< the first step whose weights count, at least 1
  int64_t every = 1;  ///< at least 1
  void visit(Visitor& v);
};

class SWA : public Wrapper<SWA, SWAOptions, WeightAverageState> {
 public:
  static constexpr std::string_view type = "SWA";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  Tensor evaluation_weight(size_t i, const Tensor& w) const override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const SWAOptions& o);

 private:
  int64_t step_ = 0, averaged_ = 0;
};

extern template class Wrapper<EMA, EMAOptions, WeightAverageState>;
extern template class Wrapper<SWA, SWAOptions, WeightAverageState>;

}  // namespace tare::optim
