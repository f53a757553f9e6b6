// Prodigy: An Expeditiously Adaptive Parameter-Free Learner (Mishchenko and Defazio, 2024, arXiv:2306.06101). Adam whose rate is an estimate d of
// the distance |x* - x0| to a solution; lr multiplies it and is usually left at 1. x0 the first weights, b3 = beta3 or sqrt(beta2); norms and
// sums are over all tensors.
//
//   1. k = lr d                                          use_bias_correction: times sqrt(1 - beta2^t) / (1 - beta1^t)
//   2. N <- b3 N + (d / d0) k <g, x0 - w>
//   3. m <- beta1 m + d (1 - beta1) g,  v <- beta2 v + d^2 (1 - beta2) g^2
//   4. s <- b3 s + (d / d0) k g                          safeguard_warmup: d in place of k
//   5. dhat = d_coef N / |s|_1;  while d = d0 it follows dhat at once;  d_max <- max(d_max, dhat),  d <- min(d_max, growth_rate d)
//   6. w <- (1 - k weight_decay) w - k m / (sqrt(v) + d eps)      the new d, the old k
//
// d0, d_coef, beta3 and growth_rate are the first group's.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct ProdigyOptions {
  double lr = 1;
  std::vector<double> betas = {0.9, 0.999};
  std::optional<double> beta3{};  ///< what N and s decay with; absent: sqrt(beta2)
  double eps = 1e-8;
  double weight_decay = 0;
  bool weight_decouple = true;  ///< false: L2
  bool use_bias_correction = false;
  bool safeguard_warmup = false;  ///< leave lr out of s: for schedules that begin low
  double d0 = 1e-6;  ///< first estimate of the distance, positive
  double d_coef = 1;
  std::optional<double> growth_rate{};  ///< most that d grows in a step; absent: no bound
  void visit(Visitor& v);
};

struct ProdigyState {
  Tensor exp_avg, exp_avg_sq, s, p0;
  void visit(Visitor& v);
};

class Prodigy : public Method<Prodigy, ProdigyOptions, ProdigyState> {
 public:
  static constexpr std::string_view type = "Prodigy";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const ProdigyOptions& o);
  double d() const { return d_; }

 private:
  double d_ = 0, d_max_ = 0, d_numerator_ = 0;  // d is 0 until the first step
  int64_t step_ = 0;
};

extern template class Method<Prodigy, ProdigyOptions, ProdigyState>;

}  // namespace tare::optim
