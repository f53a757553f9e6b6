// Unified Normalization for Accelerating and Stabilizing Transformers (Yang et al., 2022, arXiv:2208.01313).
//
// No mean is removed. i counts training steps from 1, windows hold the last Mf (forward) and Mb (backward) batches.
//
//   x2 = mean of x_c^2 over the tokens that are no padding;  window_x2[i mod Mf] <- x2
//   fluctuation smoothing: v = geometric mean of the window, or x2 itself while i <= Mf, i < warmup_iters, or in a skipped step
//   outlier filtration (i >= warmup_iters): when in any channel arithmetic - geometric mean of the window > Mf rec, rec = unbiased variance of all
//     sqrt(window) before this step, the step is skipped: window_x2[i mod Mf] <- running_var instead, skip_counter += 1. Mf = 1 skips always.
//   z = x / sqrt(v + eps);  y = weight z + bias;  running_var <- momentum running_var + (1 - momentum) v
//   backward: g = grad weight r;  gz = mean over all tokens of g z;  window_gz[i mod Mb] <- gz (ema_gz in a skipped step)
//     m = mean of window_gz, or gz while i <= Mb, i < warmup_iters, or skipped;  ema_gz <- momentum ema_gz + (1 - momentum) m
//     dx = (g - e z) / sqrt(v + eps),  e = m in a skipped step, otherwise the new ema_gz;  dweight = sum grad r z
//     r = sqrt(v + eps) / sqrt(old running_var + eps) kept in [1/5, 5]; 1 while i <= max(1000, warmup_iters) or skipped. Not in the forward pass.
//   evaluation: y = weight x / sqrt(running_var + eps) + bias, one scale a channel, which a linear layer beside it can take in (inference_affine)
//
// The backward rule is the paper's approximation (v and r are constants); running_var, the windows and counters are off the tape, window_gz and ema_gz
// move in the backward pass. A second derivative takes them as constants. momentum is the weight of the OLD value, PyTorch's is that of the new.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct UnifiedNormOptions {
  int64_t num_features = 0;         ///< C, at least 1
  Shape window_size{4};             ///< one number, or [Mf, Mb]
  int64_t warmup_iters = 4000;
  bool outlier_filtration = false;  ///< the authors switch it on for vision
  double eps = 1e-5;                ///< inside the root
  double momentum = 0.9;            ///< weight of the old value in running_var and ema_gz
  void visit(Visitor& v);
};

/// y = x scale + shift, per channel.
struct ChannelAffine {
  Tensor scale, shift;
};

/// x (B, N, C) or (N, C), pad_mask (B, N) or (N) with 1 for padding (left out of x2 only) -> x's shape. weight (C) starts at 1, bias at 0; buffers
/// running_var (1), ema_gz (0), buffer_x2 (Mf, C), buffer_gz (Mb, C) (0), iters, skip_counter (int64).
class UnifiedNorm : public Layer<UnifiedNorm>, public Affine {
 public:
  static constexpr std::string_view type = "UnifiedNorm";
  using Options = UnifiedNormOptions;
  explicit UnifiedNorm(Options options);
  explicit UnifiedNorm(int64_t num_features);
  Tensor forward(const Tensor& x, const Tensor& pad_mask = {});
  void visit(Visitor& v) override;
  /// What evaluation does to each channel.
  ChannelAffine inference_affine() const;

  Options options;
  Buffer running_var, ema_gz, buffer_x2, buffer_gz, iters, skip_counter;

 private:
  struct Batch;
  Batch take(const Tensor& x, const Tensor& pad_mask);
};

extern template class Layer<UnifiedNorm>;

}  // namespace tare::nn
