// Depthwise convolutions: every group has one input channel. Any stride, padding and dilation, one to three spatial axes.
#pragma once

#include "kernels/activation.h"
#include "kernels/conv_geometry.h"

namespace tare::kernels {

/// All pointers to contiguous data; `bias` may be null. g.c == g.groups. float and double.
template <class T>
void depthwise_forward(const ConvGeometry& g, const T* x, const T* w, const T* bias, Activation act, T* y);
template <class T>
void depthwise_backward_input(const ConvGeometry& g, const T* grad, const T* w, T* dx);
/// dw, summed over the batch.
template <class T>
void depthwise_backward_weight(const ConvGeometry& g, const T* grad, const T* x, T* dw);

}  // namespace tare::kernels
