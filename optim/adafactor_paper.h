// Adafactor: Adaptive Learning Rates with Sublinear Memory Cost (Shazeer and Stern, 2018, arXiv:1804.04235), algorithms 4 to 6 as published.
// PyTorch's variant, with other places of eps and of the clipping, is Adafactor.
//
//   1. b = 1 - t^decay_rate;  rank > 1: R, C <- averages, b on the old, of the means of g^2 + eps1 over the last and the last but one axis,
//      u = g / sqrt(R C / mean(R));  otherwise V <- average of g^2 + eps1,  u = g / sqrt(V)
//   2. u <- u / max(1, rms(u) / clip_threshold)
//   3. rate = min(1e-2, 1 / sqrt(t))                     warmup_init: min(1e-6 t, 1 / sqrt(t));  relative_step false: lr
//      times max(eps2, rms(w)) with scale_parameter
//   4. w <- (1 - rate weight_decay) w - rate u           beta1: the average of rate u
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdafactorPaperOptions {
  std::optional<double> lr{};  ///< given exactly when relative_step is false
  std::vector<double> eps = {1e-30, 1e-3};  ///< of squares, and of the weights' rms
  double clip_threshold = 1;  ///< positive
  double decay_rate = -0.8;   ///< at most 0
  std::optional<double> beta1{};  ///< absent: no momentum
  double weight_decay = 0;
  bool scale_parameter = true;
  bool relative_step = true;
  bool warmup_init = false;
  void visit(Visitor& v);
};

struct AdafactorPaperState {
  Tensor exp_avg_sq_row, exp_avg_sq_col, exp_avg_sq, exp_avg;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdafactorPaper : public PerParameter<AdafactorPaper, AdafactorPaperOptions, AdafactorPaperState> {
 public:
  static constexpr std::string_view type = "AdafactorPaper";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, const Tensor& g, AdafactorPaperState& s, const AdafactorPaperOptions& o);
  static void check_options(const AdafactorPaperOptions& o);
};

extern template class Method<AdafactorPaper, AdafactorPaperOptions, AdafactorPaperState>;

}  // namespace tare::optim
