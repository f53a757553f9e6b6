// TrAct: Making First-layer Pre-Activations Trainable (Petersen, Borgelt, Ermon, 2024, arXiv:2410.23970). In a first layer Z = X W^T the weight's gradient is
// proportional to the size of the inputs. TrAct asks for the change of W whose effect on Z is nearest to a gradient step on Z itself: with X (N, D) all inputs (for a
// convolution the patches of all positions), G = dL/dZ,
//
//   with Z moved by -lr N G, dW minimises |X dW^T + lr N G|^2 / N + lambda |dW|^2:   grad_W = G^T X (X^T X / N + lambda I)^-1        in place of G^T X
//   for N < D the same by a smaller system:   grad_W = G^T (X X^T / N + lambda I)^-1 X
//
// Forward pass, gradient of X and gradient of the bias are the ordinary ones. An approximate gradient by design: there is no second derivative. lambda = 0.1 suits
// standardised inputs; as it grows, lambda grad_W tends to the ordinary gradient.
#pragma once

#include "nn/conv/conv.h"
#include "nn/layer.h"
#include "nn/linear.h"
#include "nn/sizes.h"

namespace tare::nn {

struct TrActLinearOptions {
  int64_t in_features = 0;
  int64_t out_features = 0;
  bool bias = true;
  double lambda_ = 0.1;  ///< positive
  void visit(Visitor& v);
};

/// (*, in_features) -> (*, out_features); parameters as Linear's.
class TrActLinear : public Layer<TrActLinear> {
 public:
  static constexpr std::string_view type = "TrActLinear";
  using Options = TrActLinearOptions;
  explicit TrActLinear(Options options);
  /// Takes over the parameters of a layer: an optimizer made before still works.
  TrActLinear(Linear&& layer, double lambda);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
};

struct TrActConv2dOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  Sizes kernel_size{};
  Sizes stride{1};
  Sizes padding{0};
  bool bias = true;
  double lambda_ = 0.1;
  void visit(Visitor& v);
};

/// (N, in_channels, H, W) -> (N, out_channels, H', W'); parameters as Conv2d's.
class TrActConv2d : public Layer<TrActConv2d> {
 public:
  static constexpr std::string_view type = "TrActConv2d";
  using Options = TrActConv2dOptions;
  explicit TrActConv2d(Options options);
  /// The same. Throws ConfigError for a convolution with groups, dilation or padding other than zeros.
  TrActConv2d(Conv2d&& layer, double lambda);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
};

/// The TrAct form of a layer, with its parameters.
TrActLinear tract(Linear layer, double lambda = 0.1);
TrActConv2d tract(Conv2d layer, double lambda = 0.1);

extern template class Layer<TrActLinear>;
extern template class Layer<TrActConv2d>;

}  // namespace tare::nn
