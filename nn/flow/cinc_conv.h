// CInCConv2d (Nagar, Dufraisse, Varma, CInC Flow: Characterizable Invertible 3x3 Convolution, 2021, arXiv:2107.01358).
//
//     y[o,i,j] = bias[o] + sum over c, u, v of W[o,c,u,v] xpad[c,i+u,j+v],    xpad: x with k-1 zeros above and to the left, none below and to the right
//
// Each pixel depends on those above and to its left, so that in raster order the whole map is block triangular, with the last tap K = W[:,:,k-1,k-1] in
// every diagonal block: it is invertible exactly when K is, and log |det| = H W log |det K|, the same for every sample. Padding on all sides has no such
// condition. mask "triangular", as in the authors' code, keeps K upper triangular (output o sees inputs c >= o), so that log |det K| is a sum over its
// diagonal; "full" (ours, from the theorem) leaves it free: with k = 1 that is Glow's invertible 1 x 1 convolution (arXiv:1807.03039).
//
// The mask is applied in every forward pass: masked entries have no gradient and no effect, whatever an optimizer does to them. The inverse solves pixel
// by pixel; it is differentiable, any number of times. Its error grows with H W when K is nearly singular.
#pragma once

#include "nn/flow/flow.h"
#include "nn/layer.h"

namespace tare::nn {

/// The x (B, C, H, W) whose causal convolution with weight (C, C, k, k) is y: the inverse of the map above without a bias. Throws LinAlgError when the last
/// tap is singular.
Tensor causal_conv2d_inverse(const Tensor& y, const Tensor& weight);

enum class CInCMask { triangular, full };

struct CInCConv2dOptions {
  int64_t channels = 0;                      ///< at least 1
  int64_t kernel_size = 3;                   ///< at least 1
  CInCMask mask = CInCMask::triangular;
  Direction direction = Direction::forward;  ///< of forward()
  void visit(Visitor& v);
};

/// x (B, channels, H, W) -> [y, log_det (B)]; with direction "inverse" y -> [x]. weight (channels, channels, k, k) from N(0, 0.02^2) with the identity added
/// to the last tap, bias (channels) from 0.
class CInCConv2d : public Layer<CInCConv2d> {
 public:
  static constexpr std::string_view type = "CInCConv2d";
  using Options = CInCConv2dOptions;
  explicit CInCConv2d(Options options);
  Tensors forward(const Tensor& x);
  /// The x that forward maps to y.
  Tensor inverse(const Tensor& y);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;

 private:
  Tensor masked_weight();
  void check_input(const Tensor& x) const;
};

extern template class Layer<CInCConv2d>;

}  // namespace tare::nn
