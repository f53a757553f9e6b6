// LCConv2d: The Power of Linear Combinations: Learning with Random Convolutions (Gavrikov and Keuper 2023, arXiv:2301.11360).
//
// A k x k convolution with out_channels * expansion filters, then directly a 1 x 1 convolution to out_channels, which builds each output's filter as a linear
// combination of them:  W[o, i] = sum_m P[o, m] F[m, i]. With `frozen` the k x k filters keep their random start: they are a buffer, without gradient, decay
// or the cost of a weight gradient. Nothing stands between the two convolutions. The bias belongs to the second. fold() gives W. Same in training and evaluation.
#pragma once

#include "nn/conv/conv.h"

namespace tare::nn {

struct LCConv2dOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  Sizes kernel_size{};
  int64_t expansion = 1;  ///< filters for each output channel, at least 1
  Sizes stride = 1;
  Sizes padding = 0;
  bool bias = false;
  bool frozen = true;
  void visit(Visitor& v);
};

/// State: conv.weight (out * expansion, in, k, k), a buffer when frozen; pointwise.weight (out, out * expansion, 1, 1); pointwise.bias.
class LCConv2d : public Layer<LCConv2d> {
 public:
  static constexpr std::string_view type = "LCConv2d";
  using Options = LCConv2dOptions;
  explicit LCConv2d(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;
  /// The one filter bank (out, in, k, k) that does the same.
  Tensor fold() const;

  Options options;
  Parameter filters;       ///< empty when frozen
  Buffer frozen_filters;   ///< empty unless frozen
  Conv2d pointwise;

 private:
  Tensor filter_bank() const { return options.frozen ? frozen_filters() : filters(); }
  Shape stride_, padding_;
};

/// filters (M, in, k, k) combined by pointwise (out, M, 1, 1): (out, in, k, k).
Tensor fold_lc_weights(const Tensor& filters, const Tensor& pointwise);

extern template class Layer<LCConv2d>;

}  // namespace tare::nn
