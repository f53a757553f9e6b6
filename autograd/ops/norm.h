// Normalizations: fused operations, each with its definition in ordinary ones as the route to higher derivatives.
//
// Statistics are taken over biased variances (divided by n), in two passes with wide accumulators. An undefined weight or bias is left out.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace tare {

/// Mean and biased variance, with the reduced axes kept as 1. Both are on the tape.
struct Moments {
  Tensor mean, variance;
};
Moments moments(const Tensor& x, const Shape& axes);

/// What a normalization of a whole batch gives beside its output: mean and biased variance per channel (C), off the tape.
struct BatchNormResult {
  Tensor y, mean, variance;
};

/// x (N, C, ...) by the batch's own mean and variance per channel: (x - mean) / sqrt(variance + eps) * weight + bias. With `relu`,
/// negative results are cut to 0 in the same pass.
BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps = 1e-5, bool relu = false);
/// By the given mean and variance (C), through which gradients flow when they are on the tape.
Tensor batch_norm(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& weight, const Tensor& bias, double eps = 1e-5,
                  bool relu = false);
/// Over the trailing dimensions `normalized_shape` together; weight and bias have that shape.
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);
/// x / sqrt(mean(x^2) + eps) * weight over the trailing dimensions. Without eps: the dtype's machine epsilon.
Tensor rms_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {}, std::optional<double> eps = {});
/// x (N, C, ...), per sample over `groups` groups of consecutive channels and all positions; weight and bias are per channel.
Tensor group_norm(const Tensor& x, int64_t groups, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);
/// Per sample and channel over all positions.
Tensor instance_norm(const Tensor& x, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);
/// x_c / (k + alpha / size * sum of x_{c'}^2)^beta, c' from c - size / 2 to c + (size - 1) / 2, channels that do not exist left out.
Tensor local_response_norm(const Tensor& x, int64_t size, double alpha = 1e-4, double beta = 0.75, double k = 1);

/// Each row of x to a length of its own: gain_r (x_r - mean_r) / max(||x_r - mean_r||, floor), a row being what one index of axis 0 leaves. The mean
/// counts as 0 unless `centred`. gain: one number a row, of any shape; undefined: 1. Without a floor a row of zeros gives NaN.
Tensor unit_rows(const Tensor& x, const Tensor& gain = {}, bool centred = false, double floor = 0);

/// Sums of `before` + 1 + `after` neighbours along an axis, itself included; missing neighbours count as 0.
Tensor window_sum(const Tensor& x, int64_t axis, int64_t before, int64_t after);

// ---- axes of (N, C, ...)

/// v (C) as (1, C, 1, ...) of the given rank, to be broadcast over channels.
Tensor per_channel(const Tensor& v, int rank);
/// All axes but 1: what batch statistics reduce.
Shape batch_axes(int rank);
/// All axes from 2 on: positions.
Shape spatial_axes(int rank);

}  // namespace tare
