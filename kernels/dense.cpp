#include "kernels/dense.h"

#include "core/parallel.h"

namespace tare::kernels {
namespace {

template <class T>
void copy_strided(const Tensor& from, T* to) {
  const Shape &shape = from.shape(), &strides = from.strides();
  const T* base = from.data<T>();
  int rank = shape.size();
  int64_t row = shape.back(), step = strides.back(), rows = from.numel() / row;
  int64_t grain = 32768 / row + 1;
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      int64_t at = 0, rest = r;
      for (int i = rank - 2; i >= 0; i--) {
        at += rest % shape[i] * strides[i];
        rest /= shape[i];
      }
      const T* source = base + at;
      T* out = to + r * row;
      if (step == 1)
        for (int64_t j = 0; j < row; j++) out[j] = source[j];
      else
        for (int64_t j = 0; j < row; j++) out[j] = source[j * step];
    }
  });
}

}  // namespace

Tensor dense(const Tensor& x) {
  if (x.is_contiguous()) return x;
  Tensor out = empty(x.shape(), x.dtype());
  if (x.numel() > 0) dispatch(x.dtype(), [&]<class T>() { copy_strided<T>(x, out.mutable_data<T>()); });
  return out;
}

}  // namespace tare::kernels
