// ActNorm (Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions, 2018, arXiv:1807.03039).
//
//     y = exp(log_scale) (x + shift)
//
// A plain affine map per channel whose start depends on data: the first TRAINING forward pass with initialized = 0 sets shift = -mean and
// log_scale = -log(std + 1e-6) of its batch, without a gradient, so that its output has mean 0 and deviation 1. Before that evaluation leaves
// everything as it is. Glow takes the biased deviation; two PyTorch versions the unbiased one. log |dy/dx| = positions * sum log_scale.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct ActNormOptions {
  int64_t num_features = 0;      ///< C, at least 1
  bool unbiased = false;         ///< std divided by n - 1
  bool return_log_det = false;   ///< call() gives [y, log_det]
  void visit(Visitor& v);
};

/// ActNorm1d takes (N, C) or (N, C, L), ActNorm2d (N, C, H, W). log_scale (C), shift (C) from 0; buffer initialized. While statistics are frozen the
/// start is left for later.
template <int D>
class ActNormNd : public Layer<ActNormNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "ActNorm1d" : "ActNorm2d";
  using Options = ActNormOptions;
  explicit ActNormNd(Options options);
  explicit ActNormNd(int64_t num_features);
  Tensor forward(const Tensor& x);
  Tensors call(std::span<const Tensor> inputs, const Json* extras) override;
  /// log |dy/dx| of one sample of x: one number.
  Tensor log_det(const Tensor& x) const;
  void visit(Visitor& v) override;

  Options options;
  Parameter log_scale, shift;
  Buffer initialized;
};
using ActNorm1d = ActNormNd<1>;
using ActNorm2d = ActNormNd<2>;

extern template class ActNormNd<1>;
extern template class ActNormNd<2>;
extern template class Layer<ActNorm1d>;
extern template class Layer<ActNorm2d>;

}  // namespace tare::nn
