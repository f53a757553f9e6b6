// Normalization over the CHANNELS at each position of (N, C, H, W), one sample at a time: training and evaluation are the same.
//
// PositionalNorm (Li, Wu, Belongie and Weinberger, Positional Normalization, 2019, arXiv:1907.04312):
//     y = (x - mean) / std,   std = sqrt(var + eps);   mean and std are outputs too: a decoder's y std + mean (moment shortcut)
// LayerNorm2d (Liu et al., A ConvNet for the 2020s, 2022, arXiv:2201.03545):
//     y = weight (x - mean) / sqrt(var + eps) + bias
// RMSNorm2d (Zhang and Sennrich, 2019, arXiv:1910.07467):
//     y = weight x / sqrt(mean x^2 + eps)
// PixelNorm (Karras, Aila, Laine and Lehtinen, Progressive Growing of GANs, 2017, arXiv:1710.10196): RMSNorm2d without a weight, for any rank.
// ScaledL2Norm (Liu, Rabinovich and Berg, ParseNet, 2015, arXiv:1506.04579):
//     y = weight x / max(||x||_2, eps),   weight starts at scale
//
// Variances are biased; the paper of PositionalNorm has it so, its author's PyTorch code takes the unbiased one. Gradients flow through all
// statistics, also through the mean and std that PositionalNorm gives out.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct PositionalNormOptions {
  double eps = 1e-5;       ///< inside the root
  bool unbiased = false;   ///< variance divided by C - 1
  void visit(Visitor& v);
};
struct PositionalNormOutput {
  Tensor y, mean, std;
  Tensors flatten() const { return {y, mean, std}; }
};
/// x (N, C, ...) -> y of the same shape, mean and std (N, 1, ...). No parameters.
class PositionalNorm : public Layer<PositionalNorm> {
 public:
  static constexpr std::string_view type = "PositionalNorm";
  using Options = PositionalNormOptions;
  explicit PositionalNorm(Options options = {});
  PositionalNormOutput forward(const Tensor& x);

  Options options;
};

struct ChannelNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-6;         ///< inside the root
  void visit(Visitor& v);
};
/// x (N, C, H, W) -> the same shape. weight (C) from 1, bias (C) from 0.
class LayerNorm2d : public Layer<LayerNorm2d>, public Affine {
 public:
  static constexpr std::string_view type = "LayerNorm2d";
  using Options = ChannelNormOptions;
  explicit LayerNorm2d(Options options);
  explicit LayerNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
};
/// x (N, C, H, W) -> the same shape. weight (C) from 1.
class RMSNorm2d : public Layer<RMSNorm2d> {
 public:
  static constexpr std::string_view type = "RMSNorm2d";
  using Options = ChannelNormOptions;
  explicit RMSNorm2d(Options options);
  explicit RMSNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight;
};

struct PixelNormOptions {
  double eps = 1e-8;  ///< inside the root
  void visit(Visitor& v);
};
/// x (N, C, ...) -> the same shape. No parameters.
class PixelNorm : public Layer<PixelNorm> {
 public:
  static constexpr std::string_view type = "PixelNorm";
  using Options = PixelNormOptions;
  explicit PixelNorm(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

struct ScaledL2NormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double scale = 20;         ///< where weight starts
  double eps = 1e-10;        ///< least length
  void visit(Visitor& v);
};
/// x (N, C, ...) -> the same shape. weight (C).
class ScaledL2Norm : public Layer<ScaledL2Norm> {
 public:
  static constexpr std::string_view type = "ScaledL2Norm";
  using Options = ScaledL2NormOptions;
  explicit ScaledL2Norm(Options options);
  explicit ScaledL2Norm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight;
};

struct NormalizeOptions {
  double p = 2;         ///< the length is the p-norm
  int64_t dim = 1;
  double eps = 1e-12;   ///< least length
  void visit(Visitor& v);
};
/// x / max(||x||_p, eps) along an axis, of any shape: the function normalize as a layer.
class Normalize : public Layer<Normalize> {
 public:
  static constexpr std::string_view type = "Normalize";
  using Options = NormalizeOptions;
  explicit Normalize(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<PositionalNorm>;
extern template class Layer<LayerNorm2d>;
extern template class Layer<RMSNorm2d>;
extern template class Layer<PixelNorm>;
extern template class Layer<ScaledL2Norm>;
extern template class Layer<Normalize>;

}  // namespace tare::nn
