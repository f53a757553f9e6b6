// Bound by the latency of one multiplication and two additions a sample: each y waits for the one before. Rows do not depend on each other and are shared out.
#include "kernels/lfilter.h"

#include <vector>

#include "core/parallel.h"
#include "kernels/elementwise.h"

namespace tare::kernels {
namespace {

// b, a, zi and zf: rows of m + 1, m, m and m numbers; x and y: rows of `length`. y and zf are overwritten.
template <class T>
void run(const T* b, const T* a, const T* x, const T* zi, int64_t rows, int64_t length, int64_t m, T* y, T* zf) {
  parallel_for(rows, std::max<int64_t>(1, 16384 / ((length + 1) * (m + 1))), [&](int64_t begin, int64_t end) {
    std::vector<double> state(size_t(m + 1)), feed(size_t(m + 1)), back(size_t(m + 1));
    for (int64_t r = begin; r < end; r++) {
      for (int64_t j = 0; j < m; j++) state[size_t(j)] = double(zi[r * m + j]), feed[size_t(j)] = double(b[r * (m + 1) + j + 1]), back[size_t(j)] = double(a[r * m + j]);
      state[size_t(m)] = 0;
      double first = double(b[r * (m + 1)]), *s = state.data(), *f = feed.data(), *k = back.data();
      const T* in = x + r * length;
      T* out = y + r * length;
      for (int64_t t = 0; t < length; t++) {
        double xt = double(in[t]), yt = first * xt + s[0];
        for (int64_t j = 0; j < m; j++) s[j] = s[j + 1] + f[j] * xt - k[j] * yt;
        out[t] = T(yt);
      }
      for (int64_t j = 0; j < m; j++) zf[r * m + j] = T(s[j]);
    }
  });
}

}  // namespace

std::pair<Tensor, Tensor> lfilter(const Tensor& b, const Tensor& a, const Tensor& x, const Tensor& zi) {
  int64_t rows = x.dim() == 2 ? x.size(0) : 0, m = a.dim() == 2 ? a.size(1) : 0;
  check<ShapeError>(x.dim() == 2 && a.shape() == Shape{rows, m} && b.shape() == Shape{rows, m + 1} && zi.shape() == Shape{rows, m},
                    "lfilter: expected b (B, m + 1), a (B, m), x (B, T) and zi (B, m) but they are ", b.shape(), ", ", a.shape(), ", ", x.shape(), " and ", zi.shape());
  check<DTypeError>(is_floating(x.dtype()) && b.dtype() == x.dtype() && a.dtype() == x.dtype() && zi.dtype() == x.dtype(), "lfilter: expected tensors of one floating dtype");
  Tensor y = empty(x.shape(), x.dtype()), zf = empty(zi.shape(), x.dtype());
  Tensor cb = contiguous(b), ca = contiguous(a), cx = contiguous(x), cz = contiguous(zi);
  auto call = [&]<class T>(T) {
    run(cb.data<T>(), ca.data<T>(), cx.data<T>(), cz.data<T>(), rows, x.size(1), m, y.mutable_data<T>(), zf.mutable_data<T>());
  };
  if (x.dtype() == DType::float64) call(double{});
  else call(float{});
  return {y, zf};
}

}  // namespace tare::kernels
