// Convolution by unfolded images and matrix products, for 1x1 kernels and few channels. Any stride, padding, dilation and groups.
#pragma once

#include "kernels/activation.h"
#include "kernels/conv_geometry.h"

namespace tare::kernels {

/// All pointers to contiguous data; `bias` may be null. float and double.
template <class T>
void columns_forward(const ConvGeometry& g, const T* x, const T* w, const T* bias, Activation act, T* y);
template <class T>
void columns_backward_input(const ConvGeometry& g, const T* grad, const T* w, T* dx);

}  // namespace tare::kernels
