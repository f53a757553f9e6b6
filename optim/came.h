// CAME: Confidence-guided Adaptive Memory Efficient Optimization (Luo et al., 2023, arXiv:2307.02047). Adafactor's factored second moment, and a
// second factored average of how far its steps are from their momentum, by which the momentum is divided: unsteady steps are small.
//
//   1. u as AdafactorPaper's 1. and 2., with beta2 in place of b
//   2. m <- beta1 m + (1 - beta1) u
//   3. rank > 1: S <- factored average (beta3) of (u - m)^2 + eps2,  d = m / sqrt(S);  otherwise d = m
//   4. w <- (1 - lr weight_decay) w - lr d
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct CAMEOptions {
  double lr = 2e-4;
  std::vector<double> betas = {0.9, 0.999, 0.9999};
  std::vector<double> eps = {1e-30, 1e-16};  ///< of squares, and of the instability
  double clip_threshold = 1;  ///< positive
  double weight_decay = 0;    ///< decoupled
  void visit(Visitor& v);
};

struct CAMEState {
  Tensor exp_avg, exp_avg_sq_row, exp_avg_sq_col, exp_avg_res_row, exp_avg_res_col, exp_avg_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

class CAME : public PerParameter<CAME, CAMEOptions, CAMEState> {
 public:
  static constexpr std::string_view type = "CAME";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, const Tensor& g, CAMEState& s, const CAMEOptions& o);
  static void check_options(const CAMEOptions& o);
};

extern template class Method<CAME, CAMEOptions, CAMEState>;

}  // namespace tare::optim
