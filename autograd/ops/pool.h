// Pooling over the last one, two or three axes, with PyTorch's conventions.
#pragma once

#include <optional>

#include "autograd/ops/reduce.h"
#include "core/tensor.h"
#include "kernels/pool.h"

namespace tare {

/// kernel, stride (empty: the kernel's size), padding, dilation, ceil_mode; a list of one entry holds for every axis.
using kernels::PoolParams;

/// The largest value of each window over the last `axes` axes, after one or two leading ones (channels, or batch and channels), and its
/// position counted within those axes. The first of equal values wins, a NaN over everything; the gradient goes to the winner.
ValuesAndIndices max_pool_with_indices(const Tensor& x, int axes, const PoolParams& params);
Tensor max_pool1d(const Tensor& x, const PoolParams& params);
Tensor max_pool2d(const Tensor& x, const PoolParams& params);
Tensor max_pool3d(const Tensor& x, const PoolParams& params);
/// Each value back at its position in axes of size `output_size`, zeros elsewhere; the last of several values for a place stays.
Tensor max_unpool(const Tensor& x, const Tensor& indices, const Shape& output_size);
/// The size max_unpool restores by default: what a max pooling with these parameters has made into `pooled`.
Shape max_unpool_size(const Shape& pooled, const PoolParams& params);

struct AveragePoolParams {
  PoolParams window{};              ///< dilation 1
  bool count_include_pad = true;    ///< padding counts as zeros; otherwise each sum is divided by the number of inputs in it
  int64_t divisor_override = 0;     ///< when not 0, every sum is divided by this
};
Tensor avg_pool(const Tensor& x, int axes, const AveragePoolParams& params);
Tensor avg_pool1d(const Tensor& x, const AveragePoolParams& params);
Tensor avg_pool2d(const Tensor& x, const AveragePoolParams& params);
Tensor avg_pool3d(const Tensor& x, const AveragePoolParams& params);

/// (sum of x^p over each window)^(1/p), no padding; 0 with gradient 0 where the sum is 0.
Tensor lp_pool(const Tensor& x, double norm_type, int axes, const PoolParams& params);
Tensor lp_pool1d(const Tensor& x, double norm_type, const PoolParams& params);
Tensor lp_pool2d(const Tensor& x, double norm_type, const PoolParams& params);
Tensor lp_pool3d(const Tensor& x, double norm_type, const PoolParams& params);

/// Pooling to a given size: windows [floor(i in / out), ceil((i + 1) in / out)). One number holds for all of the `axes` last axes; -1 keeps
/// the input's size.
Tensor adaptive_avg_pool(const Tensor& x, int axes, const Shape& output_size);
Tensor adaptive_avg_pool1d(const Tensor& x, const Shape& output_size);
Tensor adaptive_avg_pool2d(const Tensor& x, const Shape& output_size);
Tensor adaptive_avg_pool3d(const Tensor& x, const Shape& output_size);
ValuesAndIndices adaptive_max_pool_with_indices(const Tensor& x, int axes, const Shape& output_size);
Tensor adaptive_max_pool1d(const Tensor& x, const Shape& output_size);
Tensor adaptive_max_pool2d(const Tensor& x, const Shape& output_size);
Tensor adaptive_max_pool3d(const Tensor& x, const Shape& output_size);

}  // namespace tare
