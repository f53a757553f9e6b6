// Pooling. Averages are linear maps, and maxima are once the winners are known: each is recorded with its transpose, and the
// transpose with the map, so that derivatives of every order stay among them.
#include "autograd/ops/pool.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"

namespace tare {
namespace {

void check_pool_rank(const char* what, const Tensor& x, int axes) {
  check<ShapeError>(x.dim() == axes + 1 || x.dim() == axes + 2, what, ": expected an input of ", axes + 1, " axes (channels, space) or ", axes + 2,
                    " (batch, channels, space) to pool ", axes, " of them, but its shape is ", x.shape());
}

Shape one_for_each_axis(const char* what, const char* name, const Shape& list, int axes) {
  check<ShapeError>(list.size() == 1 || list.size() == axes, what, ": expected ", name, " of one number or ", axes, " but got ", list);
  return list.size() == axes ? list : Shape(axes, list[0]);
}

Tensor flat_space(const Tensor& x, int axes) { return reshape(x, x.shape().slice(0, x.dim() - axes).concat({x.shape().slice(x.dim() - axes).numel()})); }

// The values of x, whose last axes are pooled, at the winners' positions: the transpose of spread_winners.
Tensor pick_winners(const Tensor& x, const Tensor& indices, int axes) {
  int last = x.dim() - axes;
  return reshape(gather(flat_space(x, axes), last, flat_space(indices, axes)), indices.shape());
}
Tensor spread_winners(const Tensor& grad, const Tensor& indices, const Shape& shape, int axes) {
  return record("max_pool_backward", kernels::max_pool_backward(grad, indices, shape, axes),
                from(grad, [indices, axes](const Tensor& g) { return pick_winners(g, indices, axes); }));
}

ValuesAndIndices record_winners(const Tensor& x, kernels::MaxPooled pooled, int axes) {
  Tensor values = record("max_pool", pooled.values, from(x, [indices = pooled.indices, shape = x.shape(), axes](const Tensor& grad) {
                           return spread_winners(grad, indices, shape, axes);
                         }));
  return {values, pooled.indices};
}

Tensor avg_pool_transposed(const Tensor& grad, const Shape& shape, const AveragePoolParams& p);
Tensor avg_pool_forward(const Tensor& x, const AveragePoolParams& p) {
  return record("avg_pool", kernels::avg_pool(x, p.window, p.count_include_pad, p.divisor_override),
                from(x, [p, shape = x.shape()](const Tensor& grad) { return avg_pool_transposed(grad, shape, p); }));
}
Tensor avg_pool_transposed(const Tensor& grad, const Shape& shape, const AveragePoolParams& p) {
  return record("avg_pool_backward", kernels::avg_pool_backward(grad, shape, p.window, p.count_include_pad, p.divisor_override),
                from(grad, [p](const Tensor& g) { return avg_pool_forward(g, p); }));
}

Tensor adaptive_transposed(const Tensor& grad, const Shape& shape, int axes);
Tensor adaptive_forward(const Tensor& x, const Shape& size) {
  return record("adaptive_avg_pool", kernels::adaptive_avg_pool(x, size),
                from(x, [shape = x.shape(), axes = size.size()](const Tensor& grad) { return adaptive_transposed(grad, shape, axes); }));
}
Tensor adaptive_transposed(const Tensor& grad, const Shape& shape, int axes) {
  return record("adaptive_avg_pool_backward", kernels::adaptive_avg_pool_backward(grad, shape, axes),
                from(grad, [size = grad.shape().slice(grad.dim() - axes)](const Tensor& g) { return adaptive_forward(g, size); }));
}

Shape adaptive_size(const char* what, const Tensor& x, int axes, const Shape& output_size) {
  check_pool_rank(what, x, axes);
  Shape size = one_for_each_axis(what, "an output_size", output_size, axes);
  for (int i = 0; i < axes; i++)
    if (size[i] == -1) size[i] = x.shape()[x.dim() - axes + i];
  return size;
}

}  // namespace

ValuesAndIndices max_pool_with_indices(const Tensor& x, int axes, const PoolParams& params) {
  check_pool_rank("max_pool", x, axes);
  PoolParams p = params;
  p.kernel = one_for_each_axis("max_pool", "a kernel_size", p.kernel, axes);
  return record_winners(x, kernels::max_pool(x, p), axes);
}
Tensor max_pool1d(const Tensor& x, const PoolParams& p) { return max_pool_with_indices(x, 1, p).values; }
Tensor max_pool2d(const Tensor& x, const PoolParams& p) { return max_pool_with_indices(x, 2, p).values; }
Tensor max_pool3d(const Tensor& x, const PoolParams& p) { return max_pool_with_indices(x, 3, p).values; }

Tensor max_unpool(const Tensor& x, const Tensor& indices, const Shape& output_size) {
  int axes = output_size.size(), last = x.dim() - axes;
  check<ShapeError>(last >= 1 && x.shape() == indices.shape(), "max_unpool: expected values and indices of one shape, with more axes than the output size ", output_size,
                    ", but they are ", x.shape(), " and ", indices.shape());
  Shape shape = x.shape().slice(0, last).concat(output_size);
  Tensor nothing = zeros(shape.slice(0, last).concat({output_size.numel()}), x.dtype());
  return reshape(scatter(nothing, last, flat_space(indices, axes), flat_space(x, axes)), shape);
}

Shape max_unpool_size(const Shape& pooled, const PoolParams& p) {
  Shape size;
  int axes = p.kernel.size(), lead = pooled.size() - axes;
  check<ShapeError>(lead >= 1, "max_unpool: expected more axes than the kernel ", p.kernel, " has, but the input is ", pooled);
  auto entry = [](const Shape& list, int i, int64_t otherwise) { return list.empty() ? otherwise : list.size() == 1 ? list[0] : list[i]; };
  for (int i = 0; i < axes; i++)
    size.push_back((pooled[lead + i] - 1) * entry(p.stride, i, p.kernel[i]) + p.kernel[i] - 2 * entry(p.padding, i, 0));
  return size;
}

Tensor avg_pool(const Tensor& x, int axes, const AveragePoolParams& params) {
  check_pool_rank("avg_pool", x, axes);
  AveragePoolParams p = params;
  p.window.kernel = one_for_each_axis("avg_pool", "a kernel_size", p.window.kernel, axes);
  return avg_pool_forward(x, p);
}
Tensor avg_pool1d(const Tensor& x, const AveragePoolParams& p) { return avg_pool(x, 1, p); }
Tensor avg_pool2d(const Tensor& x, const AveragePoolParams& p) { return avg_pool(x, 2, p); }
Tensor avg_pool3d(const Tensor& x, const AveragePoolParams& p) { return avg_pool(x, 3, p); }

Tensor lp_pool(const Tensor& x, double norm_type, int axes, const PoolParams& params) {
  check<ValueError>(norm_type != 0, "lp_pool: expected norm_type other than 0");
  Shape kernel = one_for_each_axis("lp_pool", "a kernel_size", params.kernel, axes);
  // ceil_mode divides the last, hanging windows by fewer entries, and PyTorch multiplies them by the full window all the same.
  Tensor sums = avg_pool(pow(x, norm_type), axes, {.window = params}) * double(kernel.numel());
  Tensor zero = le(abs(sums), 0);  // also where the p-th root has no derivative
  return where(zero, 0.0, pow(where(zero, 1.0, sign(sums) * relu(abs(sums))), 1 / norm_type));
}
Tensor lp_pool1d(const Tensor& x, double norm_type, const PoolParams& p) { return lp_pool(x, norm_type, 1, p); }
Tensor lp_pool2d(const Tensor& x, double norm_type, const PoolParams& p) { return lp_pool(x, norm_type, 2, p); }
Tensor lp_pool3d(const Tensor& x, double norm_type, const PoolParams& p) { return lp_pool(x, norm_type, 3, p); }

Tensor adaptive_avg_pool(const Tensor& x, int axes, const Shape& output_size) {
  return adaptive_forward(x, adaptive_size("adaptive_avg_pool", x, axes, output_size));
}
Tensor adaptive_avg_pool1d(const Tensor& x, const Shape& size) { return adaptive_avg_pool(x, 1, size); }
Tensor adaptive_avg_pool2d(const Tensor& x, const Shape& size) { return adaptive_avg_pool(x, 2, size); }
Tensor adaptive_avg_pool3d(const Tensor& x, const Shape& size) { return adaptive_avg_pool(x, 3, size); }

ValuesAndIndices adaptive_max_pool_with_indices(const Tensor& x, int axes, const Shape& output_size) {
  return record_winners(x, kernels::adaptive_max_pool(x, adaptive_size("adaptive_max_pool", x, axes, output_size)), axes);
}
Tensor adaptive_max_pool1d(const Tensor& x, const Shape& size) { return adaptive_max_pool_with_indices(x, 1, size).values; }
Tensor adaptive_max_pool2d(const Tensor& x, const Shape& size) { return adaptive_max_pool_with_indices(x, 2, size).values; }
Tensor adaptive_max_pool3d(const Tensor& x, const Shape& size) { return adaptive_max_pool_with_indices(x, 3, size).values; }

}  // namespace tare
