// Sharper Utility Bounds for Differentially Private Models (Kang et al., 2022, arXiv:2204.10536): gradient perturbation with normalized gradients.
//
//   granularity "sample":  u = 1/n sum_i g_i / max(1, |g_i|)             replacing one sample moves u by at most 2/n, whatever the loss
//   granularity "batch":   u = gbar / max(1, |gbar|),  gbar the mean     its sensitivity is O(1): its privacy claim needs far more noise
//   theta <- theta - lr (u + sigma xi),  xi ~ N(0, I)
//   sigma = 2 clip / n sqrt(2 steps log(1/delta)) / epsilon              (epsilon, delta) over all steps of full batches
//
// max(1, .): small gradients are not scaled up, so this is per-sample clipping at 1. That the norm is Euclidean and taken of each sample is our reading of
// the abstract; the constant in sigma is the usual one, ours.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct PrivateStep {
  Tensor theta;  ///< after the step
  Tensor u;      ///< the normalized gradient, without noise
};
/// theta (p), per_sample_grads (n, p), noise xi (p).
PrivateStep m_ngp_step(const Tensor& theta, const Tensor& per_sample_grads, const Tensor& noise, double lr, double sigma,
                       std::string_view granularity = "sample");
/// Rows longer than max_norm scaled down to it: g_i min(1, max_norm / |g_i|).
Tensor clip_per_sample(const Tensor& per_sample_grads, double max_norm = 1);
/// sigma, above. Throws ConfigError unless epsilon is positive and delta in (0, 1).
double gaussian_sigma(double epsilon, double delta, int64_t steps, int64_t num_samples, double clip = 1);

struct MNGPOptions {
  double lr = 0.5;
  double epsilon = 1;
  double delta = 1e-5;
  int64_t steps = 60;         ///< the budget: a further step is an error
  int64_t num_samples = 1;    ///< n
  std::string granularity = "sample";
  int64_t seed = 0;           ///< of the noise
  void visit(Visitor& v);
};

/// step(closure), the closure returning the losses of all samples, runs a backward pass for each; step_samples takes gradients found otherwise.
class MNGP : public Method<MNGP, MNGPOptions> {
 public:
  static constexpr std::string_view type = "MNGP";
  using Method::Method;
  void apply(Step& s) override;
  /// Throws ConfigError for more than one group: its steps are of all parameters together.
  void resize(size_t parameters, size_t groups) override;
  bool needs_closure() const override { return true; }
  /// One step from the gradients of each sample, (n, *shape) by parameter name: what nn::per_sample_grad finds in one backward pass. Throws
  /// ValueError for a parameter that is not among them, ShapeError where they do not fit.
  void step_samples(const std::vector<std::pair<std::string, Tensor>>& grads);
  void visit_global_state(Visitor& v) override;
  static void check_options(const MNGPOptions& o);

 private:
  int64_t spent_ = 0, position_ = 0;  // steps taken; where in the generator's stream
  Tensor given_;                      // of step_samples: (n, p)
};

extern template class Method<MNGP, MNGPOptions>;

}  // namespace tare::optim
