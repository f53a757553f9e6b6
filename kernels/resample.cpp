// x is seen as (outer, size, inner); lines of `inner` numbers are added as a whole, or single numbers when inner is 1.
#include "kernels/resample.h"

#include <algorithm>

#include "core/parallel.h"
#include "kernels/elementwise.h"

namespace tare::kernels {
namespace {

struct ResampleView {
  int64_t outer, inner;
};
ResampleView resample_view(const Shape& shape, int64_t axis) { return {shape.slice(0, int(axis)).numel(), shape.slice(int(axis) + 1).numel()}; }

constexpr int64_t kResampleGrain = 16384;  // numbers written a piece

}  // namespace

Tensor resample(const Tensor& x, int64_t axis, const Resampling& r) {
  Tensor in = contiguous(x);
  Shape shape = x.shape();
  int64_t size = shape[int(axis)];
  shape[int(axis)] = r.size;
  ResampleView v = resample_view(shape, axis);
  Tensor out = empty(shape, x.dtype());
  dispatch_floating("resample", x.dtype(), [&]<class T>() {
    const T* from = in.data<T>();
    T* to = out.mutable_data<T>();
    std::vector<T> weight(r.weight.begin(), r.weight.end());
    parallel_for(v.outer, kResampleGrain / std::max<int64_t>(r.size * v.inner, 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++)
        for (int64_t i = 0; i < r.size; i++) {
          T* line = to + (o * r.size + i) * v.inner;
          for (int64_t j = 0; j < v.inner; j++) line[j] = 0;
          for (int64_t k = i * r.taps; k < (i + 1) * r.taps; k++) {
            const T* source = from + (o * size + r.index[size_t(k)]) * v.inner;
            T w = weight[size_t(k)];
            for (int64_t j = 0; j < v.inner; j++) line[j] += w * source[j];
          }
        }
    });
  });
  return out;
}

Tensor resample_backward(const Tensor& grad, int64_t axis, int64_t input_size, const Resampling& r) {
  Tensor g = contiguous(grad);
  Shape shape = grad.shape();
  shape[int(axis)] = input_size;
  ResampleView v = resample_view(shape, axis);
  Tensor out = zeros_raw(shape, grad.dtype());
  dispatch_floating("resample", grad.dtype(), [&]<class T>() {
    const T* from = g.data<T>();
    T* to = out.mutable_data<T>();
    std::vector<T> weight(r.weight.begin(), r.weight.end());
    parallel_for(v.outer, kResampleGrain / std::max<int64_t>(r.size * v.inner, 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++)
        for (int64_t i = 0; i < r.size; i++)
          for (int64_t k = i * r.taps; k < (i + 1) * r.taps; k++) {
            const T* source = from + (o * r.size + i) * v.inner;
            T* line = to + (o * input_size + r.index[size_t(k)]) * v.inner;
            T w = weight[size_t(k)];
            for (int64_t j = 0; j < v.inner; j++) line[j] += w * source[j];
          }
    });
  });
  return out;
}

}  // namespace tare::kernels
