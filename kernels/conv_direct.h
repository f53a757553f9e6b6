// Convolution without an unfolded image: products that read the image where it lies. Any stride, padding, dilation and groups.
#pragma once

#include "kernels/activation.h"
#include "kernels/conv_geometry.h"
#include "kernels/panels.h"

namespace tare::kernels {

/// Whether it is the fastest way to results of so many channels, each the sum of so many products: the channels should fill panels well,
/// and transposing the results should cost little. A 1x1 convolution is a product as it is.
template <class T>
bool direct_suits(const ConvGeometry& g, int64_t channels, int64_t depth) {
  return !g.pointwise() && 3 * whole_panels<T>(channels) <= 4 * channels && depth >= 16;
}

/// All pointers to contiguous data; `bias` may be null. float and double.
template <class T>
void direct_forward(const ConvGeometry& g, const T* x, const T* w, const T* bias, Activation act, T* y);
template <class T>
void direct_backward_input(const ConvGeometry& g, const T* grad, const T* w, T* dx);
/// dw, summed over the batch.
template <class T>
void direct_backward_weight(const ConvGeometry& g, const T* grad, const T* x, T* dw);

}  // namespace tare::kernels
