// Softmax does about 20 flops a number and reads and writes it once: bound by memory for float vectors.
//
// Along the last axis each row is finished while it lies in the L1 cache (softmax_rows.h). Along another axis n entries of
// one softmax lie `inner` apart; then a block of neighbouring columns goes through the same steps side by side, so that
// memory is read in runs and the steps are loops over columns.
#include "kernels/softmax.h"

#include <algorithm>
#include <limits>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/dense.h"
#include "kernels/simd_math.h"
#include "kernels/softmax_columns.h"
#include "kernels/softmax_rows.h"

namespace tare::kernels {
namespace {

// x seen as (outer, n, inner).
struct SoftmaxLayout {
  int64_t outer = 1, n = 1, inner = 1;
};

SoftmaxLayout softmax_layout(std::string_view call, const Tensor& x, int64_t axis) {
  int at = normalize_axis(call, axis, x.dim());
  SoftmaxLayout l;
  for (int i = 0; i < x.dim(); i++) (i < at ? l.outer : i == at ? l.n : l.inner) *= x.shape()[i];
  return l;
}

constexpr int64_t kSoftmaxGrain = 16384;  // numbers a piece: about 10 us

// One block: n rows of `width` numbers, `step` apart.
template <class T>
void softmax_block(const T* x, T* y, int64_t n, int64_t step, int64_t width, bool logarithm) {
  T top[kColumnBlock], total[kColumnBlock];
  column_maxima(x, n, step, width, top);
  if (logarithm) {
    column_sums_of_exp(x, n, step, width, top, total);
    vlog(total, total, width);
    for (int64_t k = 0; k < n; k++, x += step, y += step)
      for (int64_t j = 0; j < width; j++) y[j] = x[j] - top[j] - total[j];
    return;
  }
  std::fill(total, total + width, T(0));
  for (int64_t k = 0; k < n; k++) {
    const T* from = x + k * step;
    T* to = y + k * step;
    for (int64_t j = 0; j < width; j++) to[j] = from[j] - top[j];
    vexp(to, to, width);
    for (int64_t j = 0; j < width; j++) total[j] += to[j];
  }
  for (int64_t j = 0; j < width; j++) total[j] = 1 / total[j];
  for (int64_t k = 0; k < n; k++, y += step)
    for (int64_t j = 0; j < width; j++) y[j] *= total[j];
}

template <class T>
void softmax_backward_block(const T* grad, const T* y, T* dx, int64_t n, int64_t step, int64_t width, bool logarithm) {
  T total[kColumnBlock], exponential[kColumnBlock];
  std::fill(total, total + width, T(0));
  for (int64_t k = 0; k < n; k++) {
    const T *g = grad + k * step, *v = y + k * step;
    if (logarithm)
      for (int64_t j = 0; j < width; j++) total[j] += g[j];
    else
      for (int64_t j = 0; j < width; j++) total[j] += g[j] * v[j];
  }
  for (int64_t k = 0; k < n; k++) {
    const T *g = grad + k * step, *v = y + k * step;
    T* to = dx + k * step;
    if (logarithm) {
      vexp(v, exponential, width);
      for (int64_t j = 0; j < width; j++) to[j] = g[j] - exponential[j] * total[j];
    } else {
      for (int64_t j = 0; j < width; j++) to[j] = v[j] * (g[j] - total[j]);
    }
  }
}

// Calls rows(offset, count) over groups of contiguous rows, or block(offset, width) over blocks of columns.
template <class Rows, class Block>
void for_softmaxes(const SoftmaxLayout& l, Rows rows, Block block) {
  if (l.n == 0) return;
  if (l.inner == 1) {
    parallel_for(l.outer, std::max<int64_t>(1, kSoftmaxGrain / l.n), [&](int64_t begin, int64_t end) { rows(begin * l.n, end - begin); });
    return;
  }
  int64_t blocks = (l.inner + kColumnBlock - 1) / kColumnBlock, cost = l.n * std::min(l.inner, kColumnBlock);
  parallel_for(l.outer * blocks, kSoftmaxGrain / std::max<int64_t>(1, cost) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      int64_t column = b % blocks * kColumnBlock;
      block(b / blocks * l.n * l.inner + column, std::min(kColumnBlock, l.inner - column));
    }
  });
}

Tensor softmax_forward(std::string_view call, const Tensor& input, int64_t axis, bool logarithm) {
  SoftmaxLayout l = softmax_layout(call, input, axis);
  Tensor x = dense(input);
  Tensor y = empty(x.shape(), x.dtype());
  count_work(4 * x.numel(), bytes_of(x, y));  // maximum, exponential, sum, quotient
  dispatch_floating(call, x.dtype(), [&]<class T>() {
    const T* in = x.data<T>();
    T* out = y.mutable_data<T>();
    for_softmaxes(
        l,
        [&](int64_t at, int64_t rows) {
          if (logarithm) log_softmax_rows(in + at, out + at, rows, l.n);
          else softmax_rows(in + at, out + at, rows, l.n);
        },
        [&](int64_t at, int64_t width) { softmax_block(in + at, out + at, l.n, l.inner, width, logarithm); });
  });
  return y;
}

Tensor softmax_backward_any(std::string_view call, const Tensor& gradient, const Tensor& output, int64_t axis, bool logarithm) {
  SoftmaxLayout l = softmax_layout(call, output, axis);
  check<ShapeError>(gradient.shape() == output.shape(), call, ": the gradient ", gradient.shape(), " and the output ", output.shape(), " must agree");
  check<DTypeError>(gradient.dtype() == output.dtype(), call, ": the gradient is ", gradient.dtype(), " but the output is ", output.dtype());
  Tensor grad = dense(gradient), y = dense(output);
  Tensor dx = empty(y.shape(), y.dtype());
  count_work(4 * y.numel(), bytes_of(grad, y, dx));
  dispatch_floating(call, y.dtype(), [&]<class T>() {
    const T *g = grad.data<T>(), *v = y.data<T>();
    T* out = dx.mutable_data<T>();
    for_softmaxes(
        l,
        [&](int64_t at, int64_t rows) {
          if (logarithm) log_softmax_gradient_rows(g + at, v + at, out + at, rows, l.n);
          else softmax_gradient_rows(g + at, v + at, out + at, rows, l.n);
        },
        [&](int64_t at, int64_t width) { softmax_backward_block(g + at, v + at, out + at, l.n, l.inner, width, logarithm); });
  });
  return dx;
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t axis) { return softmax_forward("softmax", x, axis, false); }
Tensor log_softmax(const Tensor& x, int64_t axis) { return softmax_forward("log_softmax", x, axis, true); }
Tensor softmax_backward(const Tensor& grad, const Tensor& y, int64_t axis) { return softmax_backward_any("softmax_backward", grad, y, axis, false); }
Tensor log_softmax_backward(const Tensor& grad, const Tensor& y, int64_t axis) {
  return softmax_backward_any("log_softmax_backward", grad, y, axis, true);
}

}  // namespace tare::kernels
