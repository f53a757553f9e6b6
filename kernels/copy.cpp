// Row-major copies. A copy whose source is contiguous along another axis than its last is a transposition: done row by
// row it would touch a new cache line for every element, so it goes by square tiles that fit the first-level cache.
#include <cstring>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"
#include "kernels/elementwise_driver.h"
#include "kernels/transpose.h"

namespace tare::kernels {
namespace {

constexpr int64_t kTile = kTransposeTile;      // a tile of 64 x 64 floats is 16 KiB
constexpr int64_t kBandElements = 65536;       // elements a piece of work moves, about
constexpr int64_t kLargeResult = 8 << 20;      // bytes: results that the second-level cache does not keep anyway

using kernels::transpose_tile;
// Bytes have no vector form.
void transpose_tile(const uint8_t* in, int64_t in_stride, int64_t cols, int64_t rows, uint8_t* out, int64_t out_stride, bool) {
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < cols; j++) out[i * out_stride + j] = in[j * in_stride + i];
}

// Copies x (any strides) to contiguous `out`, where axis `fast` of x has stride 1 and is not the last axis. The planes
// (fast, last) are transposed tile by tile; the other axes are walked one by one.
template <class T>
void transposing_copy(const Tensor& x, int fast, const Tensor& out) {
  const Shape& shape = x.shape();
  int last = shape.size() - 1;
  int64_t rows = shape[fast], cols = shape[last];
  int64_t in_stride = x.strides()[last], out_stride = out.strides()[fast];
  Shape outer, outer_in, outer_out;
  for (int d = 0; d < last; d++) {
    if (d == fast) continue;
    outer.push_back(shape[d]);
    outer_in.push_back(x.strides()[d]);
    outer_out.push_back(out.strides()[d]);
  }
  // Tiles go in bands of output rows. A band of kTile rows by all columns is one unit of work, several for small ones.
  int64_t bands = (rows + kTile - 1) / kTile;
  int64_t units = outer.numel() * bands;
  int64_t grain = std::max<int64_t>(1, kBandElements / std::max<int64_t>(1, std::min(rows, kTile) * cols));
  const T* src = static_cast<const T*>(x.raw());
  T* dst = static_cast<T*>(out.mutable_raw());
  bool large = out.numel() * int64_t(sizeof(T)) >= kLargeResult;
  parallel_for(units, grain, [&](int64_t begin, int64_t end) {
    for (int64_t u = begin; u < end; u++) {
      int64_t rest = u / bands, from = 0, to = 0;
      for (int d = outer.size() - 1; d >= 0; d--) {
        from += rest % outer[d] * outer_in[d];
        to += rest % outer[d] * outer_out[d];
        rest /= outer[d];
      }
      int64_t i = u % bands * kTile, height = std::min(kTile, rows - i);
      for (int64_t j = 0; j < cols; j += kTile)
        transpose_tile(src + from + i + j * in_stride, in_stride, std::min(kTile, cols - j), height, dst + to + i * out_stride + j, out_stride, large);
    }
  });
}

// The axis to transpose against, or -1 when a plain copy by rows is as good.
int transposed_axis(const Tensor& x) {
  int last = x.dim() - 1;
  if (last < 1 || x.shape()[last] < 4 || x.strides()[last] <= 1) return -1;
  for (int d = 0; d < last; d++)
    if (x.strides()[d] == 1 && x.shape()[d] >= 4) return d;
  return -1;
}

}  // namespace

Tensor copy(const Tensor& x) {
  Tensor out = empty(x.shape(), x.dtype());
  int64_t numel = x.numel();
  if (numel == 0) return out;
  int64_t bytes = numel * item_size(x.dtype());
  int axis = x.is_contiguous() ? -1 : transposed_axis(x);
  if (x.is_contiguous() || axis >= 0) count_work(0, 2 * bytes);
  if (x.is_contiguous()) {
    const char* src = static_cast<const char*>(x.raw());
    char* dst = static_cast<char*>(out.mutable_raw());
    parallel_for(bytes, int64_t{1} << 18, [&](int64_t begin, int64_t end) { std::memcpy(dst + begin, src + begin, static_cast<size_t>(end - begin)); });
    return out;
  }
  if (axis >= 0) {
    switch (item_size(x.dtype())) {
      case 1: transposing_copy<uint8_t>(x, axis, out); break;
      case 4: transposing_copy<float>(x, axis, out); break;
      default: transposing_copy<double>(x, axis, out);  // integers as well: only bits move
    }
    return out;
  }
  copy_into(out, x);
  return out;
}

Tensor contiguous(const Tensor& x) { return x.is_contiguous() ? x : copy(x); }

}  // namespace tare::kernels
