// Normalizations whose scale and shift come from elsewhere: from a class, from a map, from another image.
//
// ConditionalBatchNorm2d (de Vries et al., Modulating Early Visual Processing by Language, 2017, arXiv:1707.00683; Miyato and Koyama, cGANs with
// Projection Discriminator, 2018, arXiv:1802.05637), and with instance norm ConditionalInstanceNorm2d (Dumoulin, Shlens and Kudlur, A Learned
// Representation for Artistic Style, 2016, arXiv:1610.07629):
//     y = xhat scale[k] + shift[k],   k the class of a sample
// SandwichBatchNorm2d (Gong et al., Sandwich Batch Normalization, 2021, arXiv:2102.11382): an affine common to all classes between,
//     y = (xhat weight + bias) scale[k] + shift[k]
// SPADE (Park, Liu, Wang and Zhu, Semantic Image Synthesis with Spatially-Adaptive Normalization, 2019, arXiv:1903.07291):
//     h = relu(mlp_shared(map)),   y = xhat (1 + mlp_gamma(h)) + mlp_beta(h)
// AdaptiveInstanceNorm2d (Huang and Belongie, Arbitrary Style Transfer in Real-time, 2017, arXiv:1703.06868):
//     y = (c - mean c) / sqrt(var c + eps) std(s) + mean s,   of each channel of content c and style s
//
// xhat is x by batch statistics in training and running ones in evaluation, or by the instance's. Gradients flow through all statistics, and
// into content and style. AdaIN's code has std(s) = sqrt(var s) of biased variances; a common PyTorch version takes unbiased ones and adds eps to
// the style's too.
#pragma once

#include "nn/conv/conv.h"
#include "nn/layer.h"
#include "nn/norm/channels.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct ConditionalBatchNormOptions {
  int64_t num_features = 0;               ///< C, at least 1
  int64_t num_classes = 0;                ///< K, at least 1
  double eps = 1e-5;                      ///< inside the root
  std::optional<double> momentum = 0.1;   ///< weight of the new value in the running statistics; null: cumulative average
  void visit(Visitor& v);
};

/// x (N, C, H, W), classes (N) int64 in [0, K). embed.weight (K, 2 C): the first C are scales, from N(1, 0.02^2), the last C shifts, from 0. The sandwich
/// has weight (C) from 1 and bias (C) from 0 besides. Buffers are BatchNorm's.
template <bool Sandwich>
class ClassBatchNorm2d : public Layer<ClassBatchNorm2d<Sandwich>>, public Affine {
 public:
  static constexpr std::string_view type = Sandwich ? "SandwichBatchNorm2d" : "ConditionalBatchNorm2d";
  using Options = ConditionalBatchNormOptions;
  explicit ClassBatchNorm2d(Options options);
  ClassBatchNorm2d(int64_t num_features, int64_t num_classes);
  Tensor forward(const Tensor& x, const Tensor& classes);
  void visit(Visitor& v) override;

  Options options;
  RunningStatistics running;
  Parameter embed;
};
using ConditionalBatchNorm2d = ClassBatchNorm2d<false>;
using SandwichBatchNorm2d = ClassBatchNorm2d<true>;

struct ConditionalInstanceNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  int64_t num_classes = 0;   ///< K, at least 1
  double eps = 1e-5;         ///< inside the root
  void visit(Visitor& v);
};

/// x (N, C, H, W), classes (N) int64 in [0, K). embed.weight as in ConditionalBatchNorm2d.
class ConditionalInstanceNorm2d : public Layer<ConditionalInstanceNorm2d> {
 public:
  static constexpr std::string_view type = "ConditionalInstanceNorm2d";
  using Options = ConditionalInstanceNormOptions;
  explicit ConditionalInstanceNorm2d(Options options);
  ConditionalInstanceNorm2d(int64_t num_features, int64_t num_classes);
  Tensor forward(const Tensor& x, const Tensor& classes);
  void visit(Visitor& v) override;

  Options options;
  Parameter embed;
};

struct SPADEOptions {
  int64_t num_features = 0;    ///< C, at least 1
  int64_t label_channels = 0;  ///< channels of the map, at least 1
  int64_t hidden = 128;
  int64_t kernel_size = 3;
  enum class Norm { batch, instance } norm = Norm::batch;
  double eps = 1e-5;                      ///< inside the root
  std::optional<double> momentum = 0.1;   ///< weight of the new value in the running statistics; null: cumulative average
  void visit(Visitor& v);
};

/// x (N, C, H, W), map (N, label_channels, any size), which is resized to H, W by nearest. Children mlp_shared, mlp_gamma, mlp_beta are convolutions
/// that keep the size; buffers are BatchNorm's, with norm "instance" none.
class SPADE : public Layer<SPADE> {
 public:
  static constexpr std::string_view type = "SPADE";
  using Options = SPADEOptions;
  explicit SPADE(Options options);
  Tensor forward(const Tensor& x, const Tensor& map);
  void visit(Visitor& v) override;

  Options options;
  RunningStatistics running;
  Conv2d mlp_shared, mlp_gamma, mlp_beta;
};

struct AdaptiveInstanceNormOptions {
  double eps = 1e-5;        ///< inside the content's root
  bool unbiased = false;    ///< variances divided by n - 1
  bool style_eps = false;   ///< eps inside the style's root too
  void visit(Visitor& v);
};

/// content (N, C, H, W), style (N, C, any size) -> the content's shape. No state.
class AdaptiveInstanceNorm2d : public Layer<AdaptiveInstanceNorm2d> {
 public:
  static constexpr std::string_view type = "AdaptiveInstanceNorm2d";
  using Options = AdaptiveInstanceNormOptions;
  explicit AdaptiveInstanceNorm2d(Options options = {});
  Tensor forward(const Tensor& content, const Tensor& style);

  Options options;
};

extern template class ClassBatchNorm2d<false>;
extern template class ClassBatchNorm2d<true>;
extern template class Layer<ConditionalBatchNorm2d>;
extern template class Layer<SandwichBatchNorm2d>;
extern template class Layer<ConditionalInstanceNorm2d>;
extern template class Layer<SPADE>;
extern template class Layer<AdaptiveInstanceNorm2d>;

}  // namespace tare::nn
