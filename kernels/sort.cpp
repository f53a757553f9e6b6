// Sorting along an axis: stable, NaN after every number (before, when descending).
#include "kernels/sort.h"

#include <algorithm>
#include <vector>

#include "core/parallel.h"
#include "kernels/middle_axis.h"

namespace tare::kernels {
namespace {

template <class T>
struct Entry {
  T value;
  int64_t at;
};

// a before b.
template <class T, bool descending>
bool precedes(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    bool a_nan = a != a, b_nan = b != b;
    if (a_nan || b_nan) return descending ? a_nan && !b_nan : !a_nan && b_nan;
  }
  return descending ? a > b : a < b;
}

template <class T, bool descending>
struct Before {
  bool operator()(const Entry<T>& a, const Entry<T>& b) const { return precedes<T, descending>(a.value, b.value); }
};
// The same, and earlier elements first among equals: a total order, for selections that are not stable by themselves.
template <class T, bool descending>
struct StrictlyBefore {
  bool operator()(const Entry<T>& a, const Entry<T>& b) const {
    return precedes<T, descending>(a.value, b.value) || (!precedes<T, descending>(b.value, a.value) && a.at < b.at);
  }
};

// For each line along the axis: arrange(entries, count) orders them; the first `keep` are written out.
template <class T, class F>
std::pair<Tensor, Tensor> arrange_lines(const MiddleAxis& m, int64_t keep, F&& arrange) {
  Shape shape = m.with(keep);
  Tensor values = empty(shape, m.x.dtype()), where = empty(shape, DType::int64);
  int64_t lines = m.outer * m.inner;
  if (lines == 0 || m.n == 0) return {values, where};
  const T* x = m.x.data<T>();
  T* v = values.mutable_data<T>();
  int64_t* w = where.mutable_data<int64_t>();
  parallel_for(lines, std::max<int64_t>(1, 4096 / m.n), [&](int64_t begin, int64_t end) {
    std::vector<Entry<T>> line(static_cast<size_t>(m.n));
    for (int64_t l = begin; l < end; l++) {
      int64_t o = l / m.inner, c = l % m.inner;
      const T* from = x + o * m.n * m.inner + c;
      for (int64_t i = 0; i < m.n; i++) line[static_cast<size_t>(i)] = {from[i * m.inner], i};
      arrange(line.data(), m.n);
      for (int64_t i = 0; i < keep; i++) {
        v[(o * keep + i) * m.inner + c] = line[static_cast<size_t>(i)].value;
        w[(o * keep + i) * m.inner + c] = line[static_cast<size_t>(i)].at;
      }
    }
  });
  return {values, where};
}

// Bools and bytes are ordered as int64: three sets of loops instead of five.
template <class F>
std::pair<Tensor, Tensor> over_types(const MiddleAxis& m, F&& f) {
  DType type = m.x.dtype();
  if (type == DType::float32) return f.template operator()<float>(m);
  if (type == DType::float64) return f.template operator()<double>(m);
  if (type == DType::int64) return f.template operator()<int64_t>(m);
  MiddleAxis wide = m;
  wide.x = to(m.x, DType::int64);
  auto [values, where] = f.template operator()<int64_t>(wide);
  return {to(values, type), where};
}

template <bool descending>
std::pair<Tensor, Tensor> sort_lines(const MiddleAxis& axis) {
  return over_types(axis, []<class T>(const MiddleAxis& m) {
    return arrange_lines<T>(m, m.n, [](Entry<T>* e, int64_t n) { std::stable_sort(e, e + n, Before<T, descending>{}); });
  });
}

template <bool descending>
std::pair<Tensor, Tensor> first_lines(const MiddleAxis& axis, int64_t k) {
  return over_types(axis, [k]<class T>(const MiddleAxis& m) {
    return arrange_lines<T>(m, k, [k](Entry<T>* e, int64_t n) { std::partial_sort(e, e + k, e + n, StrictlyBefore<T, descending>{}); });
  });
}

// The element of rank k of each line; of the median's rank where k is negative.
std::pair<Tensor, Tensor> ranked(const MiddleAxis& axis, int64_t rank, bool keepdim) {
  auto [values, where] = over_types(axis, [rank]<class T>(const MiddleAxis& m) {
    return arrange_lines<T>(m, 1, [rank](Entry<T>* e, int64_t n) {
      int64_t k = rank;
      if (k < 0) {
        // NaNs come last in order: the first of them, if there is one, stands at the rank that counts the numbers.
        int64_t numbers = std::count_if(e, e + n, [](const auto& v) { return v.value == v.value; });
        k = numbers < n ? numbers : (n - 1) / 2;
      }
      std::nth_element(e, e + k, e + n, StrictlyBefore<T, false>{});
      e[0] = e[k];
    });
  });
  Shape shape = axis.reduced(keepdim);
  return {view_of(values, shape, contiguous_strides(shape), 0), view_of(where, shape, contiguous_strides(shape), 0)};
}

}  // namespace

std::pair<Tensor, Tensor> sort(const Tensor& x, int64_t axis, bool descending) {
  MiddleAxis m("sort", x, axis);
  return descending ? sort_lines<true>(m) : sort_lines<false>(m);
}

Tensor argsort(const Tensor& x, int64_t axis, bool descending) { return sort(x, axis, descending).second; }

std::pair<Tensor, Tensor> topk(const Tensor& x, int64_t k, int64_t axis, bool largest) {
  MiddleAxis m("topk", x, axis);
  check<ValueError>(k >= 0 && k <= m.n, "topk: k = ", k, " is out of range for axis ", axis, " of size ", m.n);
  return largest ? first_lines<true>(m, k) : first_lines<false>(m, k);
}

std::pair<Tensor, Tensor> kthvalue(const Tensor& x, int64_t k, int64_t axis, bool keepdim) {
  MiddleAxis m("kthvalue", x, axis);
  check<ValueError>(k >= 1 && k <= m.n, "kthvalue: k = ", k, " is out of range for axis ", axis, " of size ", m.n, "; it counts from 1");
  return ranked(m, k - 1, keepdim);
}

std::pair<Tensor, Tensor> median(const Tensor& x, int64_t axis, bool keepdim) {
  MiddleAxis m("median", x, axis);
  check<IndexError>(m.n > 0, "median: axis ", axis, " of a tensor of shape ", x.shape(), " has no element");
  return ranked(m, -1, keepdim);
}

// Sorted, equal elements form runs: the first of the longest ones, and its last position.
std::pair<Tensor, Tensor> mode(const Tensor& x, int64_t axis, bool keepdim) {
  MiddleAxis m("mode", x, axis);
  check<IndexError>(m.n > 0, "mode: axis ", axis, " of a tensor of shape ", x.shape(), " has no element");
  auto [values, where] = over_types(m, []<class T>(const MiddleAxis& lines) {
    return arrange_lines<T>(lines, 1, [](Entry<T>* e, int64_t n) {
      std::stable_sort(e, e + n, Before<T, false>{});
      Entry<T> best = e[0];
      int64_t most = 0, run = 0;
      for (int64_t i = 0; i < n; i++) {
        run = i > 0 && e[i].value == e[i - 1].value ? run + 1 : 1;
        if (run > most || (run == most && e[i].value == best.value)) most = run, best = e[i];
      }
      e[0] = best;
    });
  });
  Shape shape = m.reduced(keepdim);
  return {view_of(values, shape, contiguous_strides(shape), 0), view_of(where, shape, contiguous_strides(shape), 0)};
}

}  // namespace tare::kernels
