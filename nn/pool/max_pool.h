// Max pooling: the largest value of each window, and its inverse.
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

struct MaxPoolOptions {
  Sizes kernel_size{};
  Sizes stride{};      ///< not given: kernel_size
  Sizes padding{0};    ///< at most half the kernel; padding never wins
  Sizes dilation{1};
  bool return_indices = false;  ///< the generic call also returns where each maximum was; in C++ see max_pool_with_indices
  bool ceil_mode = false;       ///< keeps a last window that hangs over the end
  void visit(Visitor& v);
};

/// MaxPool1d, 2d, 3d: pools the last 1, 2, 3 axes of (N, C, *) or (C, *). The first of equal values wins and gets the gradient.
template <int D>
class MaxPoolNd : public Layer<MaxPoolNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "MaxPool1d" : D == 2 ? "MaxPool2d" : "MaxPool3d";
  using Options = MaxPoolOptions;
  explicit MaxPoolNd(Options options);
  explicit MaxPoolNd(Sizes kernel_size);
  Tensor forward(const Tensor& x);
  Tensors call(std::span<const Tensor> inputs, const Json* extras = nullptr) override;

  Options options;
};
using MaxPool1d = MaxPoolNd<1>;
using MaxPool2d = MaxPoolNd<2>;
using MaxPool3d = MaxPoolNd<3>;

struct MaxUnpoolOptions {
  Sizes kernel_size{};
  Sizes stride{};
  Sizes padding{0};
  void visit(Visitor& v);
};
struct MaxUnpoolArguments {
  Shape output_size{};  ///< empty: (in - 1) stride - 2 padding + kernel_size along each axis
  void visit(Visitor& v);
};

/// MaxUnpool1d, 2d, 3d: (values, indices) of a max pooling -> the values at their places, zeros elsewhere.
template <int D>
class MaxUnpoolNd : public Layer<MaxUnpoolNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "MaxUnpool1d" : D == 2 ? "MaxUnpool2d" : "MaxUnpool3d";
  using Options = MaxUnpoolOptions;
  explicit MaxUnpoolNd(Options options);
  explicit MaxUnpoolNd(Sizes kernel_size);
  Tensor forward(const Tensor& x, const Tensor& indices, MaxUnpoolArguments arguments);

  Options options;
};
using MaxUnpool1d = MaxUnpoolNd<1>;
using MaxUnpool2d = MaxUnpoolNd<2>;
using MaxUnpool3d = MaxUnpoolNd<3>;

extern template class MaxPoolNd<1>;
extern template class MaxPoolNd<2>;
extern template class MaxPoolNd<3>;
extern template class MaxUnpoolNd<1>;
extern template class MaxUnpoolNd<2>;
extern template class MaxUnpoolNd<3>;
extern template class Layer<MaxPool1d>;
extern template class Layer<MaxPool2d>;
extern template class Layer<MaxPool3d>;
extern template class Layer<MaxUnpool1d>;
extern template class Layer<MaxUnpool2d>;
extern template class Layer<MaxUnpool3d>;

}  // namespace tare::nn
