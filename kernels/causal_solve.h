// Causal convolutions, solved pixel by pixel.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// The x (B, C, H, W) with x[b,o,i,j] + sum over channels c and taps (u, v) of weight (C, C, k, k) but the last, (k-1, k-1), of
/// weight[o,c,u,v] x[b,c,i+u-k+1,j+v-k+1] = y[b,o,i,j]: every pixel is known once those above and to its left are. Accumulates in double
/// precision. Both must be of one floating dtype.
Tensor causal_solve(const Tensor& y, const Tensor& weight);

}  // namespace tare::kernels
