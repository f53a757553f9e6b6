// Extremes and where they are, along one axis.
#include <algorithm>

#include "core/parallel.h"
#include "kernels/middle_axis.h"
#include "kernels/reduce.h"

namespace tare::kernels {
namespace {

constexpr int64_t kArgColumns = 512;
constexpr int64_t kArgGrain = 32768;

template <bool larger, class T>
bool beats(T candidate, T best) {
  if (best != best) return false;  // the first NaN stays
  return candidate != candidate || (larger ? candidate > best : candidate < best);
}

// The extreme first, in lanes that vectorise, then its first position.
template <bool larger, class T>
int64_t row_position(const T* x, int64_t n) {
  constexpr int kLanes = 32;
  T best = x[0];
  int64_t i = 0;
  if (n >= 2 * kLanes) {
    T lane[kLanes];
    for (int l = 0; l < kLanes; l++) lane[l] = x[l];
    for (i = kLanes; i + kLanes <= n; i += kLanes)
      for (int l = 0; l < kLanes; l++) lane[l] = (larger ? lane[l] > x[i + l] : lane[l] < x[i + l]) || lane[l] != lane[l] ? lane[l] : x[i + l];
    best = lane[0];
    for (int l = 1; l < kLanes; l++)
      if (beats<larger>(lane[l], best)) best = lane[l];
  }
  for (; i < n; i++)
    if (beats<larger>(x[i], best)) best = x[i];
  int64_t at = 0;
  if (best != best) while (x[at] == x[at]) at++;
  else while (x[at] != best) at++;
  return at;
}

template <bool larger, class T>
void positions(const MiddleAxis& m, const T* x, T* values, int64_t* where) {
  if (m.inner == 1) {
    parallel_for(m.outer, std::max<int64_t>(1, kArgGrain / m.n), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++) {
        where[o] = row_position<larger>(x + o * m.n, m.n);
        values[o] = x[o * m.n + where[o]];
      }
    });
    return;
  }
  int64_t width = std::min(m.inner, kArgColumns), chunks = (m.inner + width - 1) / width;
  parallel_for(m.outer * chunks, std::max<int64_t>(1, kArgGrain / (m.n * width)), [&](int64_t begin, int64_t end) {
    for (int64_t u = begin; u < end; u++) {
      int64_t o = u / chunks, c = u % chunks * width, count = std::min(width, m.inner - c);
      const T* from = x + o * m.n * m.inner + c;
      T* best = values + o * m.inner + c;
      int64_t* at = where + o * m.inner + c;
      for (int64_t i = 0; i < count; i++) best[i] = from[i], at[i] = 0;
      for (int64_t r = 1; r < m.n; r++)
        for (int64_t i = 0; i < count; i++) {
          T v = from[r * m.inner + i];
          if (beats<larger>(v, best[i])) best[i] = v, at[i] = r;
        }
    }
  });
}

template <bool larger>
std::pair<Tensor, Tensor> extreme_and_position(const char* what, const Tensor& x, int64_t axis, bool keepdim) {
  MiddleAxis m(what, x, axis);
  check<IndexError>(m.n > 0, what, ": axis ", axis, " of a tensor of shape ", x.shape(), " has no element to choose");
  Shape shape = m.reduced(keepdim);
  Tensor values = empty(shape, x.dtype()), where = empty(shape, DType::int64);
  if (where.numel() > 0)
    dispatch(x.dtype(), [&]<class T>() { positions<larger>(m, m.x.data<T>(), values.mutable_data<T>(), where.mutable_data<int64_t>()); });
  return {values, where};
}

Tensor flat(const Tensor& x) {
  Tensor c = contiguous(x);
  return view_of(c, {c.numel()}, {1}, c.impl().offset);
}

}  // namespace

std::pair<Tensor, Tensor> max(const Tensor& x, int64_t axis, bool keepdim) { return extreme_and_position<true>("max", x, axis, keepdim); }
std::pair<Tensor, Tensor> min(const Tensor& x, int64_t axis, bool keepdim) { return extreme_and_position<false>("min", x, axis, keepdim); }
Tensor argmax(const Tensor& x, int64_t axis, bool keepdim) { return extreme_and_position<true>("argmax", x, axis, keepdim).second; }
Tensor argmin(const Tensor& x, int64_t axis, bool keepdim) { return extreme_and_position<false>("argmin", x, axis, keepdim).second; }
Tensor argmax(const Tensor& x) { return extreme_and_position<true>("argmax", flat(x), 0, false).second; }
Tensor argmin(const Tensor& x) { return extreme_and_position<false>("argmin", flat(x), 0, false).second; }

}  // namespace tare::kernels
