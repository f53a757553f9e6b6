// Lists of positions along one axis: whole slices are read, added or written.
#include <algorithm>
#include <cstring>

#include "core/parallel.h"
#include "kernels/index.h"
#include "kernels/index_support.h"
#include "kernels/middle_axis.h"

namespace tare::kernels {
namespace {

constexpr int64_t kSliceGrain = 16384;
constexpr int64_t kSliceColumns = 64;

Tensor position_list(std::string_view what, const Tensor& index, int64_t size, int64_t axis) {
  check<ShapeError>(index.dim() <= 1, what, ": expected a list of positions (one dimension) but the index has shape ", index.shape());
  return checked_index(what, index, size, axis);
}

void check_source(std::string_view what, const MiddleAxis& m, const Tensor& src, int64_t count) {
  check<ShapeError>(src.shape() == m.with(count), what, ": expected a source of shape ", m.with(count), " for ", count,
                    " positions but it has shape ", src.shape());
  check<DTypeError>(src.dtype() == m.x.dtype(), what, ": expected a source of the tensor's type ", m.x.dtype(), " but it is ", src.dtype());
}

// f(to, from, count) for pieces of slices: slice at[k] of `to` and slice k of `from`, k in order for each piece.
template <class T, class F>
void for_slices(const MiddleAxis& m, const Tensor& positions, T* to, const T* from, F&& f) {
  const int64_t* at = positions.data<int64_t>();
  int64_t count = positions.numel(), width = std::min(m.inner, kSliceColumns);
  if (width == 0 || count == 0) return;
  int64_t chunks = (m.inner + width - 1) / width;
  parallel_for(m.outer * chunks, std::max<int64_t>(1, kSliceGrain / (count * width)), [&](int64_t begin, int64_t end) {
    for (int64_t u = begin; u < end; u++) {
      int64_t o = u / chunks, c = u % chunks * width, n = std::min(width, m.inner - c);
      for (int64_t k = 0; k < count; k++) f(to + (o * m.n + at[k]) * m.inner + c, from + (o * count + k) * m.inner + c, n);
    }
  });
}

}  // namespace

Tensor index_select(const Tensor& x, int64_t axis, const Tensor& index) {
  MiddleAxis m("index_select", x, axis);
  Tensor positions = position_list("index_select", index, m.n, m.axis);
  int64_t count = positions.numel();
  check<ShapeError>(x.dim() > 0 || count == 1, "index_select: a 0-d tensor has one element, not ", count);
  Tensor out = empty(m.with(count), x.dtype());
  if (out.numel() == 0) return out;
  const int64_t* at = positions.data<int64_t>();
  dispatch_width(x.dtype(), [&]<class T>() {
    const T* from = static_cast<const T*>(m.x.raw());
    T* to = static_cast<T*>(out.mutable_raw());
    parallel_for(m.outer * count, std::max<int64_t>(1, kSliceGrain / m.inner), [&](int64_t begin, int64_t end) {
      for (int64_t u = begin; u < end; u++) {
        const T* slice = from + (u / count * m.n + at[u % count]) * m.inner;
        if (m.inner == 1) to[u] = *slice;
        else std::memcpy(to + u * m.inner, slice, static_cast<size_t>(m.inner) * sizeof(T));
      }
    });
  });
  return out;
}

Tensor index_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src, double alpha) {
  MiddleAxis m("index_add", x, axis);
  Tensor positions = position_list("index_add", index, m.n, m.axis);
  check_source("index_add", m, src, positions.numel());
  Tensor out = copy(x), from = contiguous(src);
  dispatch(x.dtype(), [&]<class T>() {
    for_slices(m, positions, out.mutable_data<T>(), from.data<T>(), [alpha](T* to, const T* p, int64_t n) {
      if (alpha == 1)
        for (int64_t i = 0; i < n; i++) to[i] = static_cast<T>(to[i] + p[i]);
      else
        for (int64_t i = 0; i < n; i++) to[i] = static_cast<T>(to[i] + static_cast<T>(alpha) * p[i]);
    });
  });
  return out;
}

Tensor index_copy(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src) {
  MiddleAxis m("index_copy", x, axis);
  Tensor positions = position_list("index_copy", index, m.n, m.axis);
  check_source("index_copy", m, src, positions.numel());
  Tensor out = copy(x), from = contiguous(src);
  dispatch_width(x.dtype(), [&]<class T>() {
    for_slices(m, positions, static_cast<T*>(out.mutable_raw()), static_cast<const T*>(from.raw()),
               [](T* to, const T* p, int64_t n) { std::memcpy(to, p, static_cast<size_t>(n) * sizeof(T)); });
  });
  return out;
}

}  // namespace tare::kernels
