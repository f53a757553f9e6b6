// Resampling along one axis: every output is a weighted sum of a few inputs, the same for all lines. Interpolation of images is this, axis by axis.
#pragma once

#include <vector>

#include "core/tensor.h"

namespace tare::kernels {

/// Output i is the sum over k < taps of weight[i taps + k] * input[index[i taps + k]].
struct Resampling {
  int64_t size = 0;  ///< outputs
  int64_t taps = 0;
  std::vector<int64_t> index{};
  std::vector<double> weight{};
};

/// x resampled along `axis`; float32 or float64.
Tensor resample(const Tensor& x, int64_t axis, const Resampling& r);
/// The transpose: gradients spread back over `input_size` inputs.
Tensor resample_backward(const Tensor& grad, int64_t axis, int64_t input_size, const Resampling& r);

}  // namespace tare::kernels
