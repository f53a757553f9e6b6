// How the token losses of many sampled responses become one loss, in reinforcement learning with verifiable rewards.
//
// Response i has L_i = sum_t m_it tokens of loss l_it, and g_i = sum_t m_it l_it; G responses, M = max_length:
//
//     grpo      1/G sum_i g_i / L_i                 (Shao et al., 2024, arXiv:2402.03300)
//     dapo      sum_i g_i / sum_i L_i               (Yu et al., 2025, arXiv:2503.14476)
//     dr_grpo   1/(G M) sum_i g_i                   (Liu et al., 2025, arXiv:2503.20783)
//     delta_l   1/M sum_i x_i g_i,  x_i = L_i^-alpha / sum_j L_j^-alpha        (He et al., 2025, arXiv:2509.07558)
//
// The variance of g_i grows about as L_i. Dividing by lengths of the batch (grpo, dapo) makes the expected gradient depend on them; not dividing
// leaves the variance large. delta_l is unbiased up to 1/M for every alpha, and of least variance at alpha = 1: minimizing sum x_i^2 L_i under sum
// x_i = 1 gives x_i ~ 1/L_i. alpha = 0 is dr_grpo; 0.75 gives long responses more say. Weights multiply the SUM over tokens. They are constants:
// gradients flow to l only.
#pragma once

#include <optional>

#include "nn/layer.h"

namespace tare::nn {

enum class Aggregate { grpo, dapo, dr_grpo, delta_l };

struct LossAggregatorOptions {
  Aggregate mode = Aggregate::delta_l;
  double alpha = 1;                     ///< of delta_l, in [0, 1]
  std::optional<int64_t> max_length{};  ///< M, the same in every step; absent: the padded length T
  void visit(Visitor& v);
};

/// loss (G, T), mask int64 or bool (G, T) -> a number. Weights are those of the whole batch: before splitting it into micro-batches take
/// aggregation_weights. A response without tokens has weight 0 and is left out of delta_l's sum; masked losses may be anything, NaN too. Throws
/// ShapeError, DTypeError, ConfigError.
Tensor rlvr_loss_aggregate(const Tensor& loss, const Tensor& mask, const LossAggregatorOptions& options = {});
/// What every token of response i is multiplied by, (G), of this floating type.
Tensor aggregation_weights(const Tensor& mask, const LossAggregatorOptions& options, DType dtype);

class LossAggregator : public Layer<LossAggregator> {
 public:
  static constexpr std::string_view type = "LossAggregator";
  using Options = LossAggregatorOptions;
  explicit LossAggregator(Options options = {});
  Tensor forward(const Tensor& loss, const Tensor& mask);
  Options options;
};

extern template class Layer<LossAggregator>;

}  // namespace tare::nn
