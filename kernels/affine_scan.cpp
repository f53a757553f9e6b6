// Memory-bound: each number of a and b is read once. Columns do not depend on each other, so they are what is shared out among threads.
#include "kernels/affine_scan.h"

#include <vector>

#include "core/parallel.h"
#include "kernels/elementwise.h"

namespace tare::kernels {
namespace {

constexpr int64_t kScanBlock = 256;  // columns a piece: their states stay in the first-level cache

template <class T>
void scan_columns(const T* start, const T* a, const T* b, int64_t rows, int64_t columns, T* out) {
  int64_t blocks = (columns + kScanBlock - 1) / kScanBlock;
  parallel_for(blocks, std::max<int64_t>(1, 16384 / (kScanBlock * (rows + 1))), [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; k++) {
      int64_t from = k * kScanBlock, count = std::min(kScanBlock, columns - from);
      double state[kScanBlock];
      for (int64_t c = 0; c < count; c++) out[from + c] = T(state[c] = double(start[from + c]));
      for (int64_t i = 0; i < rows; i++) {
        const T *ai = a + i * columns + from, *bi = b + i * columns + from;
        T* to = out + (i + 1) * columns + from;
        for (int64_t c = 0; c < count; c++) to[c] = T(state[c] = double(ai[c]) * state[c] + double(bi[c]));
      }
    }
  });
}

}  // namespace

Tensor affine_scan(const Tensor& start, const Tensor& a, const Tensor& b) {
  bool fits = a.dim() == 2 && a.shape() == b.shape() && start.shape() == Shape{a.shape()[1]};
  check<ShapeError>(fits, "affine_scan: expected start (C) and a, b (N, C) but they are ", start.shape(), ", ", a.shape(), " and ", b.shape());
  check<DTypeError>(is_floating(a.dtype()) && a.dtype() == b.dtype() && a.dtype() == start.dtype(),
                    "affine_scan: expected three tensors of one floating dtype but they are ", start.dtype(), ", ", a.dtype(), " and ", b.dtype());
  int64_t rows = a.shape()[0], columns = a.shape()[1];
  Tensor out = empty({rows + 1, columns}, a.dtype());
  Tensor s = contiguous(start), x = contiguous(a), y = contiguous(b);
  if (a.dtype() == DType::float64) scan_columns(s.data<double>(), x.data<double>(), y.data<double>(), rows, columns, out.mutable_data<double>());
  else scan_columns(s.data<float>(), x.data<float>(), y.data<float>(), rows, columns, out.mutable_data<float>());
  return out;
}

}  // namespace tare::kernels
