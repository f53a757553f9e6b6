// ReLU: max(x, 0). The derivative at 0 is 0.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

class ReLU : public Layer<ReLU> {
 public:
  static constexpr std::string_view type = "ReLU";
  Tensor forward(const Tensor& x);
};

extern template class Layer<ReLU>;

}  // namespace tare::nn
