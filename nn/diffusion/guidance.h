// Guidance with fewer calls: Adaptive Guidance (Castillo et al., 2023, arXiv:2312.12487).
//
// Classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598) calls the model twice a step: eps = eps_u + s (eps_c - eps_u). Late in sampling the conditional and the
// unconditional prediction point the same way. AdaptiveGuidance guides a sample until the cosine of the two exceeds gamma_bar, that step included (its calls are paid for), and
// from then on takes eps_c alone. LinearAG estimates unconditional predictions of early steps by a linear combination of all predictions before, with one number for each,
// fitted to recorded trajectories.
//
// The decision is one for each sample, never one for a batch, and the cosine is that of eps, not of predictions of x0. At high noise (alpha_bar near 0) both predictions are
// almost x / sqrt(1 - alpha_bar) and the cosine starts near 1: begin below, or set min_full_steps. Nothing is recorded while sampling.
#pragma once

#include <functional>
#include <vector>

#include "core/tensor.h"
#include "core/visitor.h"

namespace tare::nn {

/// eps_u + scale (eps_c - eps_u): scale 1 is the conditional model, 0 the unconditional one.
Tensor cfg_combine(const Tensor& eps_c, const Tensor& eps_u, double scale = 7.5);
/// Cosine of the predictions of each sample, over all its elements: (B, *) twice -> (B). The product of norms counts as 1e-12 at least.
Tensor guidance_alignment(const Tensor& eps_c, const Tensor& eps_u);
/// One deterministic step of DDIM (Song, Meng and Ermon 2020, arXiv:2010.02502): sqrt(alpha_bar_prev) (x - sqrt(1 - alpha_bar) eps) / sqrt(alpha_bar) + sqrt(1 - alpha_bar_prev) eps.
/// Throws ValueError unless both lie in (0, 1].
Tensor ddim_step(const Tensor& x, const Tensor& eps, double alpha_bar, double alpha_bar_prev);
/// beta (k) that minimises |X beta - y|^2 + ridge |beta|^2; the shortest one if there are many. X (n, k), y (n).
Tensor linear_ag_fit(const Tensor& X, const Tensor& y, double ridge = 0);

/// eps of x (B, *) at a noise level alpha_bar.
using NoiseModel = std::function<Tensor(const Tensor& x, double alpha_bar)>;

struct GuidedSample {
  Tensor x0;                  ///< (B, *)
  Tensor nfe;                 ///< int64 (B): calls of a model for each sample
  std::vector<Tensor> gamma;  ///< for each step (B): the cosine, NaN where only eps_c was computed
};

struct AdaptiveGuidanceOptions {
  double scale = 7.5;
  double gamma_bar = 0.991;     ///< 1 or more: classifier-free guidance at every step
  int64_t min_full_steps = 0;   ///< steps guided whatever the cosine
  std::string solver = "ddim";  ///< the only one
  void visit(Visitor& v);
};

class AdaptiveGuidance {
 public:
  explicit AdaptiveGuidance(AdaptiveGuidanceOptions options = {});
  /// From noise x_T through the levels alpha_bars, rising, one step from each to the next: the last is that of x_0. Throws ValueError for fewer than two levels.
  GuidedSample sample(const NoiseModel& conditional, const NoiseModel& unconditional, const Tensor& x_T, const std::vector<double>& alpha_bars) const;

  AdaptiveGuidanceOptions options;
};

/// The policy of LinearAG here: of the first half of the steps the even ones (0, 2, ...) are guided by both models, the odd ones by an estimate of eps_u; the second half is
/// conditional.
class LinearAG {
 public:
  /// betas[i] weighs eps_c of steps 0 .. i, then eps_u of steps 0 .. i - 1; only odd i of the first half are read.
  explicit LinearAG(std::vector<Tensor> betas, double scale = 7.5);
  /// Fits them to the predictions along trajectories of classifier-free guidance from x_T.
  static LinearAG fit(const NoiseModel& conditional, const NoiseModel& unconditional, const Tensor& x_T, const std::vector<double>& alpha_bars, double scale = 7.5,
                      double ridge = 0);
  GuidedSample sample(const NoiseModel& conditional, const NoiseModel& unconditional, const Tensor& x_T, const std::vector<double>& alpha_bars) const;

  std::vector<Tensor> betas;
  double scale;
};

}  // namespace tare::nn
