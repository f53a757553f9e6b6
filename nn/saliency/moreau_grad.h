// MoreauGrad: Sparse and Robust Interpretation of Neural Networks via Moreau Envelope (Zhang and Farnia, 2023, arXiv:2302.05294). The score is replaced by its
// envelope, whose gradient is Lipschitz; a penalty inside makes the map sparse, with exact zeros.
//
//   f(z) = mean_k S_c(z + sd e_k),  sd = sigma (max x - min x)
//   d*   = argmin_d f(x + d) + ||d||^2 / (2 lamb)  [+ soft ||d||_1, or soft sum over blocks ||d_block||_2],   map = -d* / lamb
//   d <- prox(d - lr (df/dd + d / lamb), lr soft),  d_0 = 0, fresh noise in each of max_iter iterations
//
// prox: nothing, soft_threshold, or group_soft_threshold over blocks of group_dim x group_dim pixels with all channels. The inner problem minimises: d points
// against the gradient. The authors' code gives the average of the last iterates of d (their condition: 101 of them), neither negated nor divided by lamb, and
// sparse only where all of them are; the paper's map is of the last iterate. Both are outputs. Without smoothing (sigma 0) one pass an iteration serves.
#pragma once

#include "nn/layer.h"
#include "nn/saliency/saliency.h"

namespace tare::nn {

/// sign(x) max(|x| - threshold, 0): softshrink under the name of the proximal literature.
Tensor soft_threshold(const Tensor& x, double threshold);
/// x (N, C, H, W): each block b of group_dim x group_dim pixels, all channels, times max(1 - threshold / ||b||, 0). Throws ShapeError where H or W is no multiple of group_dim.
Tensor group_soft_threshold(const Tensor& x, double threshold, int64_t group_dim);

struct MoreauGradOptions {
  AnyModule model{};
  double lamb = 1;            ///< rho of the paper
  double sigma = 0.1;         ///< noise as a share of the sample's range
  double lr = 0.1;
  int64_t max_iter = 300;
  int64_t samples = 32;       ///< noisy copies an iteration
  double soft = 0;            ///< weight of the penalty; the authors take 5e-3, and 5e-2 with blocks of 14
  int64_t group_dim = 0;      ///< 0: the penalty is of single numbers
  int64_t average_last = 101; ///< how many iterates the first output averages
  void visit(Visitor& v);
};

struct MoreauGradOutput {
  Tensor average;  ///< of the last iterates of d, as x
  Tensor map;      ///< -d / lamb of the last iterate
  Tensors flatten() const { return {average, map}; }
};

class MoreauGrad : public Layer<MoreauGrad> {
 public:
  static constexpr std::string_view type = "MoreauGrad";
  using Options = MoreauGradOptions;
  explicit MoreauGrad(Options options);
  /// x (N, ...), target int64 (N) or none. `noise` (max_iter, samples, *x[0]) takes the place of e, the same for every sample.
  MoreauGradOutput forward(const Tensor& x, const Tensor& target = {}, const Tensor& noise = {});
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }

  Options options;
};

extern template class Layer<MoreauGrad>;

}  // namespace tare::nn
