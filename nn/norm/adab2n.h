// AdaB2N: Overcoming Recency Bias of Normalization Statistics in Continual Learning: Balance and Adaptation (Lyu et al., 2023, arXiv:2310.08855).
//
//   training   task j of 0..k, k = cur_tasks: n_j = its samples in the batch, conc_j = exp(task_weight_j) + n_j, w_j = conc_j / sum conc;  sample n of task t
//              weighs s_n = w_t / n_t (the weights of absent tasks are lost: the s_n need not sum to 1);
//              mean_c = sum_n s_n mean_HW x,  var_c = sum_n s_n mean_HW (x - mean)^2.  For k = 0, or without task ids, the plain batch statistics.
//              y = (x - mean) / sqrt(var + eps) weight + bias;   reg = mse(mean, running_mean) + mse(var, running_var) with the new running values
//   averages   running <- (1 - eta) running + eta new, the BIASED variance;  t = num_batches_tracked counts this batch already;
//              eta = momentum for kappa = 1, 1 / t for kappa = 0, otherwise momentum^kappa first and then eta / (eta + (1 - momentum)^kappa)
//   evaluation as BatchNorm
//
// Gradients flow through mean and var into x and task_weight; running values are constants. Training gives [y, reg]: add a multiple of reg to the loss. The
// authors derive task ids from labels and keep eta out of checkpoints; here it is a buffer.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct AdaB2NOptions {
  int64_t num_features = 0;  ///< C, at least 1
  int64_t num_tasks = 0;     ///< at least 1
  double kappa = 1;          ///< from 1 (exponential average) to 0 (average of all batches)
  double momentum = 0.1;     ///< weight of the new value at kappa = 1
  double eps = 1e-5;         ///< inside the root
  double init_weight = 0;    ///< start of task_weight
  void visit(Visitor& v);
};

/// x (N, C, ...), task_ids int64 (N) -> {y, reg} in training, {y} in evaluation. weight (C) starts at 1, bias at 0, task_weight (num_tasks) at init_weight;
/// buffers running_mean, running_var (C), num_batches_tracked, cur_tasks (int64), eta (0: no batch yet).
class AdaB2N : public Layer<AdaB2N>, public Affine {
 public:
  static constexpr std::string_view type = "AdaB2N";
  using Options = AdaB2NOptions;
  explicit AdaB2N(Options options);
  AdaB2N(int64_t num_features, int64_t num_tasks);
  Tensors forward(const Tensor& x, const Tensor& task_ids = {});
  void visit(Visitor& v) override;
  /// The next task begins. Throws StateError after the last one.
  void end_task();

  Options options;
  Parameter task_weight;
  RunningStatistics running;
  Buffer cur_tasks, eta;

 private:
  Tensor sample_weights(const Tensor& x, const Tensor& task_ids) const;
  void average(const Tensor& mean, const Tensor& variance);
};

extern template class Layer<AdaB2N>;

}  // namespace tare::nn
