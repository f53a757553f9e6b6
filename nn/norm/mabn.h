// Moving Average Batch Normalization (Yan et al., Towards Stabilizing Batch Statistics in Backward Propagation of Batch Normalization, 2020,
// arXiv:2001.06838): batch normalization for small batches, which averages the two statistics of the backward pass as well.
//
// Training step i (M = buffer_size), x2 = mean of x^2 per channel, buffer_x2[i mod M] = x2:
//     v = x2 while i <= M or i < warmup_iters, then the mean of buffer_x2;   z = x / sqrt(v + eps)
//     r = 1 while i <= max(1000, warmup_iters), then sqrt(v + eps) / sqrt(running_var + eps) within [1/5, 5], by the old running_var
//     running_var <- momentum running_var + (1 - momentum) v;   y = weight r z + bias
// Its backward pass is the paper's own rule: with g = grad weight r, gz = mean(g z), buffer_gz[i mod M] = gz,
//     mg = gz or the mean of buffer_gz by the same rule as v;   dx = (g - z mg) / sqrt(v + eps),   dweight = sum grad r z,   dbias = sum grad
// which is the derivative (r detached) only while nothing is averaged. No mean is removed: the weights before the layer are to be centred
// (reparameterization CenteredWeight). Evaluation: y = x / sqrt(running_var + eps) weight + bias.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct MABNOptions {
  int64_t num_features = 0;    ///< C, at least 1
  int64_t buffer_size = 16;    ///< steps that are averaged, at least 1
  double eps = 1e-5;           ///< inside the roots
  double momentum = 0.98;      ///< weight of the OLD value of running_var
  int64_t warmup_iters = 100;  ///< steps before which nothing is averaged
  void visit(Visitor& v);
};

/// x (N, C, H, W). weight (C) from 1, bias (C) from 0; buffers running_var (1), iters, buffer_x2 and buffer_gz (buffer_size, C), the last written by
/// the backward pass.
class MABN2d : public Layer<MABN2d>, public Affine {
 public:
  static constexpr std::string_view type = "MABN2d";
  using Options = MABNOptions;
  explicit MABN2d(Options options);
  explicit MABN2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Buffer running_var, iters, buffer_x2, buffer_gz;
};

extern template class Layer<MABN2d>;

}  // namespace tare::nn
