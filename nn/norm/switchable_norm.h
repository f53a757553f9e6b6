// Differentiable Learning-to-Normalize via Switchable Normalization (Luo, Ren, Peng, Zhang and Li, 2018, arXiv:1806.10779).
//
//     mean = sum_k softmax(mean_weight)_k m_k,   var = sum_k softmax(var_weight)_k v_k,   y = (x - mean) / sqrt(var + eps) weight + bias
//
// k runs over instance (m_i, UNBIASED v_i of a sample's channel), layer (m_l = mean_c m_i, v_l = mean_c (v_i + m_i^2) - m_l^2) and batch statistics
// (the same over samples). The gradient flows through all of them. As the author's code has it, momentum weighs the OLD value of the buffers,
// which take in the batch's m_b and v_b and start at 0; evaluation takes them as m_b and v_b.
// SwitchableNorm1d (N, C) knows layer and batch only, both variances unbiased.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct SwitchableNorm2dOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< inside the root
  double momentum = 0.9;     ///< weight of the OLD value in the running statistics
  bool use_bn = true;        ///< false: instance and layer statistics only, and no buffers
  void visit(Visitor& v);
};
struct SwitchableNorm1dOptions {
  int64_t num_features = 0;  ///< C, at least 2
  double eps = 1e-5;         ///< inside the root
  double momentum = 0.997;   ///< weight of the OLD value in the running statistics
  void visit(Visitor& v);
};

/// x (N, C, H, W). weight (C) from 1, bias (C) from 0, mean_weight and var_weight (3, without use_bn 2) from 1; buffers running_mean, running_var
/// (C). Throws ValueError where a channel has one position.
class SwitchableNorm2d : public Layer<SwitchableNorm2d>, public Affine {
 public:
  static constexpr std::string_view type = "SwitchableNorm2d";
  using Options = SwitchableNorm2dOptions;
  explicit SwitchableNorm2d(Options options);
  explicit SwitchableNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter mean_weight, var_weight;
  Buffer running_mean, running_var;
};

/// x (N, C). mean_weight and var_weight (2), otherwise as SwitchableNorm2d. Throws ValueError in training for a batch of one sample.
class SwitchableNorm1d : public Layer<SwitchableNorm1d>, public Affine {
 public:
  static constexpr std::string_view type = "SwitchableNorm1d";
  using Options = SwitchableNorm1dOptions;
  explicit SwitchableNorm1d(Options options);
  explicit SwitchableNorm1d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter mean_weight, var_weight;
  Buffer running_mean, running_var;
};

extern template class Layer<SwitchableNorm2d>;
extern template class Layer<SwitchableNorm1d>;

}  // namespace tare::nn
