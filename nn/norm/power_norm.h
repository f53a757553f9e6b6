// PowerNorm: Rethinking Batch Normalization in Transformers (Shen et al., 2020, arXiv:2003.07845).
//
//   0. x <- x / sqrt(mean of x^2 over the group's channels + 1e-5), per token; an ordinary gradient
//   1. training: psi = mean of x_c^2 over the tokens that are no padding;  z = x / sqrt(psi + eps) while iters <= warmup_iters, then
//      z = x / sqrt(phi + eps) with phi = running_phi from before this step;  y = weight z + bias
//      phi <- phi (iters - 1) / iters + psi / iters while iters < warmup_iters; and always afterwards  phi <- alpha_fwd phi + (1 - alpha_fwd) psi
//   2. backward: G = grad - (1 - alpha_bkw) ema z;  ema <- ema + mean over all tokens of G z;  dx = G / sqrt(psi + eps)
//   3. evaluation: step 0, then x / sqrt(phi + eps)
//
// The backward rule is the paper's approximation: psi and phi are constants, ema_gz stands for the term through the statistics. It is that of the
// authors' code, which divides by this batch's psi also after the warm-up, where the paper's listing divides by the running value; the group scaling of
// step 0 stands in the code only. running_phi moves in the forward pass, ema_gz (a leaky sum) in the backward pass; both are off the tape. A second
// derivative takes them as constants.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct PowerNormOptions {
  int64_t num_features = 0;      ///< C, at least 1
  double eps = 1e-5;             ///< inside the root
  double alpha_fwd = 0.9;        ///< weight of the old running_phi
  double alpha_bkw = 0.9;        ///< 1 - alpha_bkw is the leak of ema_gz
  bool affine = true;            ///< weight and bias
  int64_t warmup_iters = 10000;  ///< steps that normalise by the batch
  int64_t group_num = 1;         ///< groups of step 0; divides num_features
  bool group_scaling = true;     ///< false leaves step 0 out
  void visit(Visitor& v);
};

/// x (T, B, C) or (N, C), pad_mask (B, T) or (N) with 1 for padding (left out of psi only) -> x's shape. weight (C) starts at 1, bias at 0; buffers
/// running_phi (1), ema_gz (0), iters (int64).
class PowerNorm : public Layer<PowerNorm>, public Affine {
 public:
  static constexpr std::string_view type = "PowerNorm";
  using Options = PowerNormOptions;
  explicit PowerNorm(Options options);
  explicit PowerNorm(int64_t num_features);
  Tensor forward(const Tensor& x, const Tensor& pad_mask = {});
  void visit(Visitor& v) override;

  Options options;
  Buffer running_phi, ema_gz, iters;

 private:
  Tensor normalize_by_power(const Tensor& x, const Tensor& pad_mask);
};

extern template class Layer<PowerNorm>;

}  // namespace tare::nn
