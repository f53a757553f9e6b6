// Connectionist temporal classification: forward and backward variables over the alignments of a sequence.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// Sequences of labels one after another: sequence n is labels[start[n] .. start[n] + length[n]).
struct CtcTargets {
  std::vector<int64_t> labels, start, length;
};

struct CtcResult {
  Tensor losses;     ///< (N): -log of the probability of all alignments; infinite where there is none
  Tensor log_alpha;  ///< (N, T, 2 S + 1) float64: log of the probability of all beginnings of alignments, for the backward pass
};

/// log_probs (T, N, C), float32 or float64; `steps` says how many of the T steps count in each sequence. Labels, blank and lengths must be in range.
CtcResult ctc(const Tensor& log_probs, const CtcTargets& targets, const std::vector<int64_t>& steps, int64_t blank);
/// d(sum of grad * losses)/d log_probs: minus the probability that an alignment passes through each label at each step. `zero_infinity`: 0 where the
/// loss is infinite (otherwise NaN).
Tensor ctc_backward(const Tensor& grad, const Tensor& log_probs, const CtcTargets& targets, const std::vector<int64_t>& steps, int64_t blank,
                    const CtcResult& saved, bool zero_infinity);

}  // namespace tare::kernels
