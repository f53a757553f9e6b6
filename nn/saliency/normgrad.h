// There and Back Again: Revisiting Backpropagation Saliency Methods (Rebuffi et al., 2020, arXiv:2004.02866). Put an identity layer with weights behind a layer's
// activation a (C channels at each position u), g = dS_c/da there. Its weight gradient is a sum over positions; the size of each position's share is a map.
//
//   phase 1, the share:  conv1x1            a_u g_u^T                     C C numbers
//                        conv3x3            (3 x 3 neighbours of a)_u g_u^T   9 C C, zeros around the image
//                        conv3x3_depthwise  each channel's 9 neighbours times g_cu    9 C
//                        scaling            a_u * g_u                     C
//                        bias               g_u                           C
//   phase 2:  norm (L2), filter_norm (L2 of the positive part), sum, max
//
// NormGrad is conv1x1 with norm, ||a_u|| ||g_u||: products of matrices of rank one are never built. "Selective NormGrad" is scaling with filter_norm, the linear
// approximation scaling with sum. g is the gradient of +S.
//
// Several layers: maps are resized, shifted to minimum 0, divided by their maximum, of each sample, and multiplied.
// MetaSaliency: any method's map at theta - lr d CE(x, target)/d theta, one step of each sample by itself in evaluation; negate_loss steps the other way.
#pragma once

#include "nn/layer.h"
#include "nn/saliency/saliency.h"

namespace tare::nn {

/// activation and gradient (N, C, H, W) -> (N, 1, H, W), not rescaled. Throws ConfigError for a name not listed above.
Tensor norm_grad(const Tensor& activation, const Tensor& gradient, std::string_view layer = "conv1x1", std::string_view aggregate = "norm");
/// The same for shares that are outer products of columns (N, K, P) and gradients (N, C, P): (N, P).
Tensor aggregate_outer(const Tensor& columns, const Tensor& gradient, std::string_view aggregate);
/// Maps (N, 1, h, w) of any sizes -> their product (N, 1, *size); each is resized (bilinear, align_corners = false) and brought to [0, 1] first; a constant map counts as zeros.
Tensor combine_saliency(const Tensors& maps, const Shape& size, std::string_view mode = "product");

struct NormGradOptions {
  AnyModule model{};
  std::string layer = "conv1x1";              ///< as above, or "proper": the target layer's own weight gradient (a Conv2d with one group and zeros as padding)
  std::string aggregate = "norm";
  std::vector<std::string> target_layers{};   ///< paths in the model whose outputs are (N, C, h, w)
  void visit(Visitor& v);
};

/// x (N, C, H, W), target int64 (N) or none -> (N, 1, H, W): the layer's map resized, of several layers combine_saliency.
class NormGrad : public Layer<NormGrad> {
 public:
  static constexpr std::string_view type = "NormGrad";
  using Options = NormGradOptions;
  explicit NormGrad(Options options);
  Tensor forward(const Tensor& x, const Tensor& target = {});
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }

  Options options;
};

struct MetaSaliencyOptions {
  AnyModule saliency{};  ///< a method with a child "model"
  double lr = 1e-4;
  bool negate_loss = false;
  void visit(Visitor& v);
};

/// Calls the method at the stepped weights, and leaves the weights and running statistics bit for bit as they were. Outputs: the method's.
class MetaSaliency : public Layer<MetaSaliency> {
 public:
  static constexpr std::string_view type = "MetaSaliency";
  using Options = MetaSaliencyOptions;
  explicit MetaSaliency(Options options);
  Tensors forward(const Tensor& x, const Tensor& target = {});
  void visit(Visitor& v) override { v.exchangeable("saliency", options.saliency); }

  Options options;
};

extern template class Layer<NormGrad>;
extern template class Layer<MetaSaliency>;

}  // namespace tare::nn
