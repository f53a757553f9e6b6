// 3x3 convolutions of stride 1 in float32 by Winograd's minimal filtering.
#pragma once

#include "kernels/activation.h"
#include "kernels/conv_geometry.h"

namespace tare::kernels {

/// The tile size m of F(m x m, 3x3) that suits the convolution: 2 or 4, or 0 where Winograd does not apply or does not pay.
int winograd_tile(const ConvGeometry& g);

/// y = act(w * x + bias); all pointers to contiguous data, `bias` may be null. Tile size from winograd_tile.
void winograd_forward(const ConvGeometry& g, int tile, const float* x, const float* w, const float* bias, Activation act, float* y);
/// dx from the gradient of y.
void winograd_backward_input(const ConvGeometry& g, int tile, const float* grad, const float* w, float* dx);
/// dw, summed over the batch.
void winograd_backward_weight(const ConvGeometry& g, int tile, const float* grad, const float* x, float* dw);

}  // namespace tare::kernels
