#include "kernels/window_sum.h"

#include <algorithm>

#include "core/parallel.h"
#include "kernels/middle_axis.h"

namespace tare::kernels {

Tensor window_sum(const Tensor& x, int64_t axis, int64_t before, int64_t after) {
  check<ValueError>(before >= 0 && after >= 0, "window_sum: the window must reach 0 or more places to each side, not ", before, " and ", after);
  MiddleAxis m("window_sum", x, axis);
  Tensor out = empty(x.shape(), x.dtype());
  dispatch_floating("window_sum", x.dtype(), [&]<class T>() {
    const T* in = m.x.data<T>();
    T* to = out.mutable_data<T>();
    parallel_for(m.outer, 1, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++)
        for (int64_t c = 0; c < m.n; c++) {
          T* row = to + (o * m.n + c) * m.inner;
          int64_t first = std::max<int64_t>(0, c - before), last = std::min(m.n - 1, c + after);
          std::fill(row, row + m.inner, T(0));
          for (int64_t k = first; k <= last; k++) {
            const T* from = in + (o * m.n + k) * m.inner;
            for (int64_t i = 0; i < m.inner; i++) row[i] += from[i];
          }
        }
    });
  });
  return out;
}

}  // namespace tare::kernels
