// The discrete Fourier transform, by KissFFT.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// y_k = scale * sum_j exp(-+ 2 pi i j k / n) x_j along `axis` (not negative) of complex numbers, x (*, 2); the sign is + when inverse.
/// Any length n >= 1. float32 or float64, computed in double.
Tensor fft(const Tensor& x, int axis, bool inverse, double scale);

}  // namespace tare::kernels
