#include "core/pack.h"

namespace tare {

Tensor packed(const Tensor& t) {
  if (t.is_contiguous()) return t;
  Tensor out = empty(t.shape(), t.dtype());
  int rank = t.dim();
  dispatch(t.dtype(), [&]<class T>() {
    const T* from = t.data<T>();
    T* to = out.mutable_data<T>();
    int64_t index[Shape::max_rank] = {}, at = 0;
    for (int64_t i = 0, n = t.numel(); i < n; i++) {
      to[i] = from[at];
      for (int d = rank - 1; d >= 0; d--) {
        at += t.strides()[d];
        if (++index[d] < t.shape()[d]) break;
        at -= t.strides()[d] * t.shape()[d];
        index[d] = 0;
      }
    }
  });
  return out;
}

}  // namespace tare
