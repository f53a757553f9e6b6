// Running mean and variance per channel: what batch normalization and its relatives use in evaluation.
//
//     running <- (1 - f) running + f new,   f = momentum, or 1 / num_batches_tracked: the average of all batches
//
// The variance that goes in is unbiased (divided by n - 1), as in PyTorch, although batches are normalised by the biased one.
// Buffers: running_mean (0), running_var (1), num_batches_tracked (0, int64). Nothing here is on the tape.
#pragma once

#include <optional>

#include "nn/parameter.h"

namespace tare::nn {

/// average <- (1 - momentum) average + momentum value, unless statistics are frozen.
void average_into(const Buffer& average, const Tensor& value, double momentum);

struct RunningStatistics {
  Buffer mean, variance, num_batches_tracked;

  RunningStatistics() = default;  ///< none are kept
  explicit RunningStatistics(int64_t channels, bool count = true);
  void visit(Visitor& v);
  bool kept() const { return mean.defined(); }

  /// Takes in a batch of `count` values per channel with this mean and biased variance (C). Unless `unbiased` the variance goes in as it is.
  void update(const Tensor& batch_mean, const Tensor& batch_variance, int64_t count, std::optional<double> momentum, bool unbiased = true);
  /// Back to mean 0, variance 1, no batches.
  void reset();
};

/// Batch normalization's two faces: in training by the batch, whose statistics go into `running`; in evaluation by `running` where it is
/// kept. Throws ValueError naming `type` for a training batch of one value per channel.
Tensor batch_norm(std::string_view type, const Tensor& x, RunningStatistics& running, const Tensor& weight, const Tensor& bias, bool training,
                  std::optional<double> momentum, double eps, bool relu = false);

}  // namespace tare::nn
