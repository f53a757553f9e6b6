// QuadCoupling (Nagar, Dufraisse, Varma, CInC Flow, 2021, arXiv:2107.01358): the channels in four parts z = [z1|z2|z3|z4], three of them transformed, each
// given those before it.
//
//     y1 = z1;   for i = 1, 2, 3:  h = f_i([z1 .. z_i]),  shift = h[0::2],  s = sigmoid(h[1::2] + 2),  y_{i+1} = (z_{i+1} + shift) s
//     log |det| = sum of log s
//
// f_i sees the input z, not y: the inverse recovers z_1 .. z_i before it needs them. (The authors' own inverse takes z1 from the last quarter, which does
// not invert their forward.) Shift and scale stand in even and odd channels.
#pragma once

#include "nn/any_module.h"
#include "nn/layer.h"

namespace tare::nn {

enum class QuadNet { conv3x3, conv1x1 };

struct QuadCouplingOptions {
  int64_t channels = 0;            ///< a multiple of 4
  QuadNet net = QuadNet::conv3x3;  ///< f_i: one convolution, with padding where it is 3 x 3. Any other module may be put in its place
  void visit(Visitor& v);
};

/// z (B, channels, H, W) -> [y, log_det (B)]. Children f1, f2, f3: (B, i channels / 4, H, W) -> (B, channels / 2, H, W).
class QuadCoupling : public Layer<QuadCoupling> {
 public:
  static constexpr std::string_view type = "QuadCoupling";
  using Options = QuadCouplingOptions;
  explicit QuadCoupling(Options options);
  Tensors forward(const Tensor& z);
  /// The z that forward maps to y.
  Tensor inverse(const Tensor& y);
  void visit(Visitor& v) override;

  Options options;
  AnyModule f1, f2, f3;

 private:
  Tensors quarters(const Tensor& x) const;
  /// Shift and log s of part i + 1.
  std::pair<Tensor, Tensor> coefficients(AnyModule& f, const Tensors& before);
};

extern template class Layer<QuadCoupling>;

}  // namespace tare::nn
