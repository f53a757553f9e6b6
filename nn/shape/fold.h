// Unfold and Fold: the windows of an image as columns, and columns added up into an image.
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

struct UnfoldLayerOptions {
  Sizes kernel_size{};
  Sizes dilation{1};
  Sizes padding{0};
  Sizes stride{1};
  void visit(Visitor& v);
};

/// (N, C, H, W) or (C, H, W) -> (N, C kh kw, windows).
class Unfold : public Layer<Unfold> {
 public:
  static constexpr std::string_view type = "Unfold";
  using Options = UnfoldLayerOptions;
  explicit Unfold(Options options);
  explicit Unfold(Sizes kernel_size);
  Tensor forward(const Tensor& x);

  Options options;
};

struct FoldLayerOptions {
  Sizes output_size{};
  Sizes kernel_size{};
  Sizes dilation{1};
  Sizes padding{0};
  Sizes stride{1};
  void visit(Visitor& v);
};

/// (N, C kh kw, windows) -> (N, C, *output_size): the transpose of Unfold.
class Fold : public Layer<Fold> {
 public:
  static constexpr std::string_view type = "Fold";
  using Options = FoldLayerOptions;
  explicit Fold(Options options);
  Fold(Sizes output_size, Sizes kernel_size);
  Tensor forward(const Tensor& columns);

  Options options;
};

extern template class Layer<Unfold>;
extern template class Layer<Fold>;

}  // namespace tare::nn
