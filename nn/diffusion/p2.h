// Perception prioritized training of diffusion models (Choi et al., 2022, arXiv:2204.00227).
//
//     loss_n = mean over elements of w(t_n) (eps_pred - eps)^2,    w(t) = (k + SNR(t))^-gamma,    SNR(t) = alphas_cumprod / (1 - alphas_cumprod)
//
// relative to the simple loss of DDPM: steps of little noise, where only imperceptible detail is at stake, count less. With k = gamma = 1 the weight is 1 - alphas_cumprod;
// gamma = 0 is the plain loss. Weights are not normalized: the loss becomes smaller, which plain SGD feels and Adam does not. A term for learned variances is added
// unweighted. Do not weigh by min-SNR as well.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct P2Options {
  std::string schedule = "linear";  ///< linear (Ho et al. 2020) or cosine (Nichol and Dhariwal 2021)
  int64_t timesteps = 1000;         ///< T, at least 1; at least 25 for the linear schedule, whose betas would reach 1
  double p2_k = 1;                  ///< greater than 0
  double p2_gamma = 1;              ///< the paper takes 0.5 and 1
  void visit(Visitor& v);
};

/// alpha_bar_t = the product of 1 - beta_s over s <= t, t = 0 .. T - 1: (T), float64. Linear: beta from 0.1 / T to 20 / T; cosine: beta_i = min(1 - f((i + 1) / T) / f(i / T), 0.999),
/// f(u) = cos^2(pi / 2 (u + 0.008) / 1.008). Throws ConfigError for another schedule or too few steps.
Tensor diffusion_alphas_cumprod(const P2Options& options);
/// SNR(t) and w(t): (T), float64. Both increase towards clean and noisy images respectively.
Tensor diffusion_snr(const P2Options& options);
Tensor p2_weights(const P2Options& options);
/// eps and eps_pred (B, *), t int64 (B) -> losses (B). Throws ShapeError; IndexError for a step outside of the schedule.
Tensor p2_weighted_mse(const Tensor& eps, const Tensor& eps_pred, const Tensor& t, const P2Options& options);

struct P2LossOptions {
  std::string schedule = "linear";
  int64_t timesteps = 1000;
  double p2_k = 1;
  double p2_gamma = 1;
  std::string reduction = "none";  ///< or "mean", "sum"
  void visit(Visitor& v);
};

/// eps (B, *), eps_pred (B, *), t int64 (B) -> losses (B), or their mean or sum. Buffers alphas_cumprod and snr (T).
class P2Loss : public Layer<P2Loss> {
 public:
  static constexpr std::string_view type = "P2Loss";
  using Options = P2LossOptions;
  explicit P2Loss(Options options = {});
  Tensor forward(const Tensor& eps, const Tensor& eps_pred, const Tensor& t);
  void visit(Visitor& v) override;
  /// sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) eps: what the model sees.
  Tensor noised(const Tensor& x0, const Tensor& eps, const Tensor& t) const;

  Options options;
  Buffer alphas_cumprod, snr;
};

extern template class Layer<P2Loss>;

}  // namespace tare::nn
