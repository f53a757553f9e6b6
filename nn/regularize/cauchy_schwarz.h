// Cauchy-Schwarz Regularizers (Taner et al., 2025, arXiv:2503.01639)
//
// |<g(x), h(x)>|^2 <= ||g||^2 ||h||^2, with equality if and only if g and h are parallel. With vector functions that are parallel exactly when x
// has a wanted property, the gap l(x) = ||g||^2 ||h||^2 - <g, h>^2 >= 0 is a smooth penalty that finds the scale a by itself (N entries):
//
//   binary {-a, a}             g = x^2, h = 1     N sum x^4 - (sum x^2)^2
//   one-sided binary {0, a}    g = x, h = x^2     (sum x^2)(sum x^4) - (sum x^3)^2
//   ternary {-a, 0, a}         g = x, h = x^3     (sum x^2)(sum x^6) - (sum x^4)^2
//   eigenvector of C           g = C x, h = x     ||C x||^2 ||x||^2 - (x^T C x)^2
//   orthogonal columns of equal norm, X (n, K)    K ||X^T X||_F^2 - ||X||_F^4
//   scale-invariant binary                        sqrt(N) sqrt(sum x^4) / sum x^2 - 1
//
// x = 0 is a minimum of all but the last, which is undefined there.
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

struct CauchySchwarzOptions {
  enum class Kind { binary, one_sided_binary, ternary, orthogonal } kind = Kind::binary;
  /// What is penalised on its own: all weights of an output channel, or each single kernel (a row of a linear weight either way).
  enum class Granularity { output_channel, kernel } granularity = Granularity::output_channel;
  bool normalize = true;  ///< divides a layer's sum by its number of weights
  double lambda = 1;
  void visit(Visitor& v);
};
/// `kind` orthogonal takes the whole weight, filters as columns (as rows when there are more filters than inputs).
class CauchySchwarzRegularizer : public Regularize<CauchySchwarzRegularizer, Feed::weights> {
 public:
  static constexpr std::string_view type = "CauchySchwarzRegularizer";
  using Options = CauchySchwarzOptions;
  explicit CauchySchwarzRegularizer(Options options = {});
  Tensor forward(const Tensors& weights);
  Options options;
};

/// Of all numbers of x together.
Tensor cs_binary(const Tensor& x);
Tensor cs_one_sided_binary(const Tensor& x);
Tensor cs_ternary(const Tensor& x);
Tensor cs_binary_scale_invariant(const Tensor& x);
/// c (N, N) symmetric and constant, x (N).
Tensor cs_eigenvector(const Tensor& c, const Tensor& x);
/// x (n, K).
Tensor cs_orthogonal(const Tensor& x);
/// Of one weight, without lambda.
Tensor cs_weight_regularizer(const Tensor& weight, const CauchySchwarzOptions& options = {});
/// sign(w) * mean |w| over each slice: what a penalised weight is rounded to after training. Off the tape; sign(0) = 1.
Tensor quantize_binary(const Tensor& weight, CauchySchwarzOptions::Granularity granularity = CauchySchwarzOptions::Granularity::output_channel);

extern template class Layer<CauchySchwarzRegularizer>;

}  // namespace tare::nn
