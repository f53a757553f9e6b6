// Gather is a copy of D numbers a row. Its gradient is a scatter-add, where two positions may hit the same row: the
// positions are sorted by index first (a counting sort, stable), then each row of the table has one owner that adds its
// positions in order. No atomics, no private copies of the table, and the same bits for any number of threads.
#include "kernels/embedding.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/dense.h"

namespace tare::kernels {
namespace {

void check_indices(std::string_view call, const Tensor& indices, int64_t rows) {
  check<DTypeError>(indices.dtype() == DType::int64, call, ": expected int64 indices but they are ", indices.dtype());
  const int64_t* index = indices.data<int64_t>();
  for (int64_t i = 0, n = indices.numel(); i < n; i++)
    check<IndexError>(index[i] >= 0 && index[i] < rows, call, ": the index ", index[i], " at position ", i, " is out of range for a table of ", rows,
                      " rows; indices go from 0 to ", rows - 1);
}

constexpr int64_t kGatherGrain = 16384;  // numbers a piece: some microseconds of copying

}  // namespace

Tensor embedding(const Tensor& table, const Tensor& positions) {
  check<ShapeError>(table.dim() == 2, "embedding: expected a table of shape [rows, size] but it is ", table.shape());
  Tensor weight = dense(table), indices = dense(positions);
  check_indices("embedding", indices, weight.shape()[0]);
  int64_t size = weight.shape()[1], n = indices.numel();
  Shape shape = indices.shape();
  shape.push_back(size);
  Tensor out = empty(shape, weight.dtype());
  count_work(0, 2 * bytes_of(out) + bytes_of(indices));
  size_t bytes = static_cast<size_t>(size * item_size(weight.dtype()));
  const char* from = static_cast<const char*>(weight.raw());
  char* to = static_cast<char*>(out.mutable_raw());
  const int64_t* index = indices.data<int64_t>();
  parallel_for(n, kGatherGrain / std::max<int64_t>(size, 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) std::memcpy(to + size_t(i) * bytes, from + size_t(index[i]) * bytes, bytes);
  });
  return out;
}

Tensor embedding_backward(const Tensor& gradient, const Tensor& positions, int64_t rows, int64_t padding_idx, bool scale_by_frequency) {
  Tensor grad = dense(gradient), indices = dense(positions);
  check<ValueError>(rows >= 0, "embedding_backward: a table cannot have ", rows, " rows");
  Shape leading = grad.shape().slice(0, -1);
  check<ShapeError>(grad.dim() >= 1 && leading == indices.shape(), "embedding_backward: the gradient ", grad.shape(),
                    " must have the shape of the indices ", indices.shape(), " and one axis more");
  check_indices("embedding_backward", indices, rows);
  int64_t size = grad.shape().back(), n = indices.numel();
  const int64_t* index = indices.data<int64_t>();

  // order[first[v] .. first[v + 1]) are the positions of row v, ascending.
  std::vector<int64_t> first(static_cast<size_t>(rows) + 1, 0), order(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; i++) first[size_t(index[i]) + 1]++;
  for (size_t v = 0; v < size_t(rows); v++) first[v + 1] += first[v];
  {
    std::vector<int64_t> next(first.begin(), first.end() - 1);
    for (int64_t i = 0; i < n; i++) order[size_t(next[size_t(index[i])]++)] = i;
  }

  Tensor dw = empty({rows, size}, grad.dtype());
  count_work(grad.numel(), bytes_of(grad, indices, dw));
  dispatch_floating("embedding_backward", grad.dtype(), [&]<class T>() {
    const T* g = grad.data<T>();
    T* out = dw.mutable_data<T>();
    parallel_for(rows, kGatherGrain / std::max<int64_t>(size, 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t v = begin; v < end; v++) {
        T* __restrict row = out + v * size;
        std::fill(row, row + size, T(0));
        int64_t from = first[size_t(v)], to = first[size_t(v) + 1];
        if (v == padding_idx || from == to) continue;
        for (int64_t k = from; k < to; k++) {
          const T* __restrict add = g + order[size_t(k)] * size;
          for (int64_t j = 0; j < size; j++) row[j] += add[j];
        }
        if (scale_by_frequency)
          for (int64_t j = 0; j < size; j++) row[j] /= T(to - from);
      }
    });
  });
  return dw;
}

}  // namespace tare::kernels
