// Unflatten: one axis becomes several.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct UnflattenOptions {
  int64_t dim = 1;
  Shape unflattened_size{};  ///< one size may be -1
  void visit(Visitor& v);
};

class Unflatten : public Layer<Unflatten> {
 public:
  static constexpr std::string_view type = "Unflatten";
  using Options = UnflattenOptions;
  explicit Unflatten(Options options);
  Unflatten(int64_t dim, Shape unflattened_size);
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<Unflatten>;

}  // namespace tare::nn
