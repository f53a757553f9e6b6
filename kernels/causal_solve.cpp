#include "kernels/causal_solve.h"

#include <vector>

#include "core/parallel.h"
#include "kernels/elementwise.h"

namespace tare::kernels {
namespace {

/// One sample; x, y (C, H, W).
template <class T>
void solve_sample(const T* y, const T* weight, int64_t channels, int64_t rows, int64_t columns, int64_t k, T* x) {
  int64_t plane = rows * columns;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      for (int64_t o = 0; o < channels; o++) {
        double value = double(y[o * plane + i * columns + j]);
        for (int64_t c = 0; c < channels; c++) {
          const T *taps = weight + (o * channels + c) * k * k, *from = x + c * plane;
          for (int64_t u = std::max<int64_t>(0, k - 1 - i); u < k; u++)
            for (int64_t v = std::max<int64_t>(0, k - 1 - j); v < k - (u == k - 1); v++)
              value -= double(taps[u * k + v]) * double(from[(i + u - k + 1) * columns + j + v - k + 1]);
        }
        x[o * plane + i * columns + j] = T(value);
      }
}

}  // namespace

Tensor causal_solve(const Tensor& y, const Tensor& weight) {
  bool fits = y.dim() == 4 && weight.dim() == 4 && weight.size(0) == y.size(1) && weight.size(1) == y.size(1) && weight.size(2) == weight.size(3) && weight.size(2) >= 1;
  check<ShapeError>(fits, "causal_solve: expected y (B, C, H, W) and weight (C, C, k, k) but they are ", y.shape(), " and ", weight.shape());
  check<DTypeError>(is_floating(y.dtype()) && y.dtype() == weight.dtype(), "causal_solve: expected two tensors of one floating dtype but they are ", y.dtype(), " and ",
                    weight.dtype());
  Tensor x = empty(y.shape(), y.dtype()), from = contiguous(y), w = contiguous(weight);
  int64_t channels = y.size(1), rows = y.size(2), columns = y.size(3), k = w.size(2), sample = channels * rows * columns;
  auto all = [&]<class T>(const T* in, const T* taps, T* out) {
    parallel_for(y.size(0), 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; b++) solve_sample(in + b * sample, taps, channels, rows, columns, k, out + b * sample);
    });
  };
  if (y.dtype() == DType::float64) all(from.data<double>(), w.data<double>(), x.mutable_data<double>());
  else all(from.data<float>(), w.data<float>(), x.mutable_data<float>());
  return x;
}

}  // namespace tare::kernels
