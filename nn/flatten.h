// Flatten: axes start_dim to end_dim become one.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct FlattenOptions {
  int64_t start_dim = 1;
  int64_t end_dim = -1;
  void visit(Visitor& v);
};

class Flatten : public Layer<Flatten> {
 public:
  static constexpr std::string_view type = "Flatten";
  using Options = FlattenOptions;
  explicit Flatten(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<Flatten>;

}  // namespace tare::nn
