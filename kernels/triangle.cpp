// Triangles and diagonals of matrices.
#include <algorithm>

#include "core/parallel.h"
#include "kernels/elementwise.h"
#include "kernels/shape_copy.h"

namespace tare::kernels {
namespace {

// Zeroes columns [from(i), to(i)) of each row i of each matrix.
template <class F>
Tensor without(const char* what, const Tensor& x, F&& range) {
  check<ShapeError>(x.dim() >= 2, what, ": expected a matrix or a batch of them but the shape is ", x.shape());
  Tensor out = copy(x);
  int64_t rows = x.size(-2), cols = x.size(-1), item = item_size(x.dtype());
  if (out.numel() == 0) return out;
  char* base = static_cast<char*>(out.mutable_raw());
  parallel_for(out.numel() / cols, std::max<int64_t>(1, 32768 / cols), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      auto [from, to] = range(r % rows, cols);
      if (from < to) std::fill_n(base + (r * cols + from) * item, (to - from) * item, 0);
    }
  });
  return out;
}

}  // namespace

Tensor tril(const Tensor& x, int64_t diagonal) {
  return without("tril", x, [=](int64_t i, int64_t cols) {
    int64_t limit = std::max<int64_t>(std::min(diagonal, cols) + i + 1, 0);
    return std::pair{std::min(limit, cols), cols};
  });
}

Tensor triu(const Tensor& x, int64_t diagonal) {
  return without("triu", x, [=](int64_t i, int64_t cols) { return std::pair{int64_t{0}, std::clamp<int64_t>(std::min(diagonal, cols) + i, 0, cols)}; });
}

Tensor diag_embed(const Tensor& x, int64_t offset, int64_t axis1, int64_t axis2) {
  check<ShapeError>(x.dim() >= 1, "diag_embed: expected at least one dimension");
  int rank = x.dim() + 1, a = normalize_axis("diag_embed", axis1, rank), b = normalize_axis("diag_embed", axis2, rank);
  check<IndexError>(a != b, "diag_embed: the two axes of the matrices must differ, both are ", axis1);
  int64_t n = x.size(-1), side = n + (offset < 0 ? -offset : offset);
  Shape shape;
  for (int d = 0, from = 0; d < rank; d++) shape.push_back(d == a || d == b ? side : x.shape()[from++]);
  Tensor out = zeros_raw(shape, x.dtype());
  Shape strides;
  for (int d = 0; d < rank; d++)
    if (d != a && d != b) strides.push_back(out.strides()[d]);
  strides.push_back(out.strides()[a] + out.strides()[b]);
  int64_t start = offset < 0 ? -offset * out.strides()[a] : offset * out.strides()[b];
  copy_into(view_of(out, x.shape(), strides, start), x);
  return out;
}

}  // namespace tare::kernels
