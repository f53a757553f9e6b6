// The activations that a product or a convolution can apply in its last pass, while the tile is still in cache.
#pragma once

#include <cstdint>

namespace tare::kernels {

enum class Activation : uint8_t { none, relu };

/// One value through the activation. relu keeps NaN.
template <class T>
inline T activate(Activation act, T v) {
  return act == Activation::relu && v < T(0) ? T(0) : v;
}

}  // namespace tare::kernels
