// Local response normalization (Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012).
//
//     y_c = x_c / (k + alpha / size * sum_{c'} x_{c'}^2)^beta,   c' from c - floor(size / 2) to c + floor((size - 1) / 2)
//
// Channels that do not exist count as 0 while the divisor stays size; an even size has one more channel on the left. The paper does not
// divide alpha by size; this is PyTorch's form. No state; training and evaluation are the same.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct LocalResponseNormOptions {
  int64_t size = 0;  ///< channels in a window, at least 1
  double alpha = 1e-4;
  double beta = 0.75;
  double k = 1.0;
  void visit(Visitor& v);
};

/// x (N, C, *) -> the same shape.
class LocalResponseNorm : public Layer<LocalResponseNorm> {
 public:
  static constexpr std::string_view type = "LocalResponseNorm";
  using Options = LocalResponseNormOptions;
  explicit LocalResponseNorm(Options options);
  explicit LocalResponseNorm(int64_t size);
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<LocalResponseNorm>;

}  // namespace tare::nn
