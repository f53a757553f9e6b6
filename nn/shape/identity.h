// Identity: x as it is; what stands where a module is optional.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

class Identity : public Layer<Identity> {
 public:
  static constexpr std::string_view type = "Identity";
  Tensor forward(const Tensor& x);
};

extern template class Layer<Identity>;

}  // namespace tare::nn
