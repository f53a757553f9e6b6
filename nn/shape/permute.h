// Permute: axes in another order, as torch.permute; (N, L, C) to (N, C, L) for a loss over the characters of a sequence is dims [0, 2, 1].
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct PermuteOptions {
  std::vector<int64_t> dims{};  ///< for each axis of the result, which one of the input it is; negative ones count from the end
  void visit(Visitor& v);
};

class Permute : public Layer<Permute> {
 public:
  static constexpr std::string_view type = "Permute";
  using Options = PermuteOptions;
  explicit Permute(Options options);
  /// Throws ShapeError for an input of another rank.
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<Permute>;

}  // namespace tare::nn
