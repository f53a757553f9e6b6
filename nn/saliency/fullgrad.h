// Full-Gradient Representation for Neural Network Visualization (Srinivas and Fleuret, 2019, arXiv:1905.00780). A network of piecewise linear parts is
// complete in its gradients:
//
//   f(x) = <df/dx, x> + sum over layers l with a bias, units j of b_lj df/dz_lj          z_l: the output of layer l, to which b_l was added
//   S(x) = sum_c psi(x df/dx) + sum over convolutions and batch norms l of sum_c Up(psi(b_l df/dz_l))
//   psi(t) = a / (max a + 1e-6),  a = |t| - min |t|        of each sample, over all channels and positions together
//
// Up is bilinear to the input's size with align_corners = true. The bias of batch normalization in evaluation is beta - gamma mean / sqrt(var + eps); without
// gamma and beta it counts for completeness, but has no map, as in the authors' code; terms of (N, C) layers have none either. SimpleFullGrad leaves out the
// factor b_l. Smooth activations have implicit biases f(z) - f'(z) z: models with such layers are refused.
#pragma once

#include "nn/layer.h"
#include "nn/saliency/saliency.h"

namespace tare::nn {

struct FullGradOptions {
  AnyModule model{};  ///< Conv, Linear, BatchNorm, rectifiers, pooling and residual sums
  void visit(Visitor& v);
};

/// The parts of a logit.
struct FullGradients {
  struct Bias {
    std::string layer;  ///< path
    Tensor gradient;    ///< df/dz, (N, C, *)
    Tensor term;        ///< b df/dz
    bool has_map;
  };
  Tensor input_gradient;     ///< as x
  std::vector<Bias> biases;  ///< in the order of the forward pass
  /// <df/dx, x> + all bias terms: (N).
  Tensor completeness_sum(const Tensor& x) const;
};
/// Throws ConfigError, naming the layer, for one that is not piecewise linear or whose bias is not known.
FullGradients full_gradients(std::string_view who, Module& model, const Tensor& x, const Tensor& target);

struct FullGradOutput {
  Tensor saliency;          ///< (N, 1, H, W)
  Tensor input_gradient;    ///< as x
  Tensor completeness_sum;  ///< (N): the logit, up to rounding
  Tensors flatten() const { return {saliency, input_gradient, completeness_sum}; }
};

class FullGrad : public Layer<FullGrad> {
 public:
  static constexpr std::string_view type = "FullGrad";
  using Options = FullGradOptions;
  explicit FullGrad(Options options);
  /// x (N, C, H, W), target int64 (N), or none: the largest logit.
  FullGradOutput forward(const Tensor& x, const Tensor& target = {});
  FullGradients decompose(const Tensor& x, const Tensor& target = {});
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }

  Options options;
};

class SimpleFullGrad : public Layer<SimpleFullGrad> {
 public:
  static constexpr std::string_view type = "SimpleFullGrad";
  using Options = FullGradOptions;
  explicit SimpleFullGrad(Options options);
  /// As FullGrad's; the map alone.
  Tensor forward(const Tensor& x, const Tensor& target = {});
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }

  Options options;
};

extern template class Layer<FullGrad>;
extern template class Layer<SimpleFullGrad>;

}  // namespace tare::nn
