// Residual blocks without normalization: Characterizing signal propagation to close the performance gap in unnormalized ResNets (Brock, De and Smith 2021,
// arXiv:2101.08692).
//
//     out = gamma beta act(x);   shortcut = x, or conv_shortcut(out) (1 x 1, strided) where the shape changes
//     y = shortcut + alpha skip_gain conv2(gamma act(conv1(gamma act(conv0(out)))))
//
// conv0 (1 x 1 to int(out_channels bottleneck_ratio)), conv1 (kernel_size, strided) and conv2 (1 x 1) are WSConv2d. gamma gives activations of N(0, 1) numbers
// variance 1. beta = 1 / (deviation expected of x): that starts at 1 and its square grows by alpha^2 in each block; a block with conv_shortcut resets it to 1
// first. skip_gain starts at 0 (SkipInit, De and Smith 2020, arXiv:2002.10444). Same in training and evaluation.
#pragma once

#include <optional>

#include "nn/conv/ws_conv.h"

namespace tare::nn {

struct NFResBlockOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t stride = 1;
  double bottleneck_ratio = 0.25;
  int64_t kernel_size = 3;
  std::string activation = "relu";
  double alpha = 0.2;
  double beta = 1.0;
  std::optional<double> gamma{};  ///< null: nf_gain(activation)
  void visit(Visitor& v);
};

class NFResBlock : public Layer<NFResBlock> {
 public:
  static constexpr std::string_view type = "NFResBlock";
  using Options = NFResBlockOptions;
  explicit NFResBlock(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  WSConv2d conv0, conv1, conv2;
  std::optional<WSConv2d> conv_shortcut;
  Parameter skip_gain;  ///< a scalar
};

/// The authors' sampled constants: relu, silu, gelu (the tanh form), tanh, elu, leaky_relu, sigmoid, softplus, identity. Throws ConfigError for another name.
double nf_gain(std::string_view activation);
/// gamma act(x); gamma null: nf_gain.
Tensor nf_activation(const Tensor& x, std::string_view activation, std::optional<double> gamma = {});

extern template class Layer<NFResBlock>;

}  // namespace tare::nn
