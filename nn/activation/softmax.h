// Softmax and its relatives: an axis of scores as a distribution.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct SoftmaxOptions {
  std::optional<int64_t> dim{};  ///< null: axis 0 for inputs of 0, 1 or 3 axes, axis 1 otherwise, as in PyTorch
  void visit(Visitor& v);
};

/// e^x / sum e^x along dim.
class Softmax : public Layer<Softmax> {
 public:
  static constexpr std::string_view type = "Softmax";
  using Options = SoftmaxOptions;
  explicit Softmax(Options options = {});
  explicit Softmax(int64_t dim);
  Tensor forward(const Tensor& x);

  Options options;
};

/// Its logarithm, without overflow.
class LogSoftmax : public Layer<LogSoftmax> {
 public:
  static constexpr std::string_view type = "LogSoftmax";
  using Options = SoftmaxOptions;
  explicit LogSoftmax(Options options = {});
  explicit LogSoftmax(int64_t dim);
  Tensor forward(const Tensor& x);

  Options options;
};

/// softmax(-x).
class Softmin : public Layer<Softmin> {
 public:
  static constexpr std::string_view type = "Softmin";
  using Options = SoftmaxOptions;
  explicit Softmin(Options options = {});
  explicit Softmin(int64_t dim);
  Tensor forward(const Tensor& x);

  Options options;
};

/// Softmax over the channels of (N, C, H, W) or (C, H, W).
class Softmax2d : public Layer<Softmax2d> {
 public:
  static constexpr std::string_view type = "Softmax2d";
  Tensor forward(const Tensor& x);
};

extern template class Layer<Softmax>;
extern template class Layer<LogSoftmax>;
extern template class Layer<Softmin>;
extern template class Layer<Softmax2d>;

}  // namespace tare::nn
