// Cross entropy from logits and class indices, fused: no softmax is ever stored.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

enum class Reduction { none, mean, sum };

struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  int64_t ignore_index = -100;   ///< targets of this value count for nothing
  double label_smoothing = 0.0;  ///< in [0, 1]: this share of each target is spread evenly over all classes
};

struct CrossEntropyResult {
  Tensor loss;          ///< the shape of the targets for Reduction::none, otherwise []
  Tensor top, log_sum;  ///< per sample, the shape of the targets: the largest logit and log sum e^(x - top), for the backward pass
  Tensor total_weight;  ///< []: sum of the weights of the targets that count, what the mean divides by
};

/// torch.nn.functional.cross_entropy of logits (N, C), (N, C, d1, ...) or (C) and int64 targets (N), (N, d1, ...) or [].
/// `weight` (C) may be undefined. Throws IndexError naming the first label outside [0, C) that is not ignore_index.
CrossEntropyResult cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& weight, const CrossEntropyOptions& options);

/// Gradient of the logits; `grad` has the shape of the loss.
Tensor cross_entropy_backward(const Tensor& grad, const Tensor& logits, const Tensor& target, const Tensor& weight,
                              const CrossEntropyResult& saved, const CrossEntropyOptions& options);

}  // namespace tare::kernels
