#include "nn/shape/identity.h"

namespace tare::nn {

Tensor Identity::forward(const Tensor& x) { return x; }

template class Layer<Identity>;

}  // namespace tare::nn
