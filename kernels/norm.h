// Normalizations: layer, RMS, batch and group (instance) normalization, forward and backward.
//
// `weight` and `bias` may be undefined. Statistics are per row, per channel or per group, of the input's dtype; variances
// are biased (divided by n). Of the gradients only those asked for in Wanted are defined; dw and db follow weight's rules:
// they are sums over everything but the normalised features (or channels).
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

struct NormResult {
  Tensor y;
  Tensor mean;      ///< undefined for rms_norm
  Tensor rstd;      ///< 1 / sqrt(variance + eps)
  Tensor variance;  ///< batch_norm only (for running statistics): biased
};

struct NormGrads {
  Tensor dx, dw, db;
};

struct Wanted {
  bool dx = true, dw = true, db = true;
};

/// Over the last `axes` dimensions together; weight and bias have their shape, mean and rstd that of the leading ones.
NormResult layer_norm(const Tensor& x, int axes, const Tensor& weight, const Tensor& bias, double eps);
NormGrads layer_norm_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, int axes, const Tensor& weight, Wanted wanted = {});

/// y = x / sqrt(mean(x^2) + eps) * weight over the last `axes` dimensions together (torch.nn.RMSNorm).
NormResult rms_norm(const Tensor& x, int axes, const Tensor& weight, double eps);
NormGrads rms_norm_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, int axes, const Tensor& weight, Wanted wanted = {});

/// Training mode on (N, C, ...): mean, rstd, variance (C) of the batch. With `relu`, y = max(0, normalised).
NormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps, bool relu = false);
/// With `relu` the bias of the forward pass must be given (it decides which outputs were cut to 0).
NormGrads batch_norm_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, const Tensor& weight, const Tensor& bias,
                              Wanted wanted = {}, bool relu = false);
/// Inference mode: y = (x - mean) / sqrt(variance + eps) * weight + bias with given statistics (C). `y`, `mean` and `rstd` are returned.
NormResult batch_norm_eval(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& weight, const Tensor& bias, double eps,
                           bool relu = false);
/// Its gradients: the statistics are constants here.
NormGrads batch_norm_eval_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, const Tensor& weight, const Tensor& bias,
                                   Wanted wanted = {}, bool relu = false);

/// (N, C, ...) with `groups` groups of C / groups channels; mean and rstd are (N, groups). groups = C is instance norm.
NormResult group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps);
NormGrads group_norm_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, int64_t groups, const Tensor& weight,
                              Wanted wanted = {});

}  // namespace tare::kernels
