// Distinct elements, and distinct slices along an axis.
#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/index.h"
#include "kernels/middle_axis.h"
#include "kernels/sort.h"

namespace tare::kernels {
namespace {

// From the order of items (by value) and whether an item differs from its predecessor in that order: which items represent
// the distinct ones, which one each item belongs to, and how many there are of each.
struct Grouped {
  std::vector<int64_t> representatives;
  Tensor inverse, counts;
};

template <class F>
Grouped group(const int64_t* order, int64_t n, const Shape& inverse_shape, F&& differ) {
  Grouped g;
  g.inverse = empty(inverse_shape, DType::int64);
  int64_t* inverse = g.inverse.mutable_data<int64_t>();
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < n; i++) {
    if (i == 0 || differ(order[i - 1], order[i])) {
      g.representatives.push_back(order[i]);
      counts.push_back(0);
    }
    inverse[order[i]] = static_cast<int64_t>(counts.size()) - 1;
    counts.back()++;
  }
  g.counts = empty({static_cast<int64_t>(counts.size())}, DType::int64);
  std::copy(counts.begin(), counts.end(), g.counts.mutable_data<int64_t>());
  return g;
}

Tensor index_tensor(const std::vector<int64_t>& v) {
  Tensor t = empty({static_cast<int64_t>(v.size())}, DType::int64);
  std::copy(v.begin(), v.end(), t.mutable_data<int64_t>());
  return t;
}

}  // namespace

Unique unique(const Tensor& x) {
  Tensor dense = contiguous(x);
  int64_t n = x.numel();
  Tensor flat = view_of(dense, {n}, {1}, dense.impl().offset);
  Tensor order = argsort(flat, 0, false);
  Grouped g;
  dispatch(x.dtype(), [&]<class T>() {
    const T* v = flat.data<T>();
    g = group(order.data<int64_t>(), n, x.shape(), [v](int64_t a, int64_t b) { return v[a] != v[b]; });
  });
  return {index_select(flat, 0, index_tensor(g.representatives)), g.inverse, g.counts};
}

Unique unique(const Tensor& x, int64_t axis) {
  MiddleAxis m("unique", x, axis);
  std::vector<int64_t> order(static_cast<size_t>(m.n));
  std::iota(order.begin(), order.end(), 0);
  Grouped g;
  dispatch(x.dtype(), [&]<class T>() {
    const T* v = m.x.data<T>();
    // -1, 0 or 1 as slice a is less than, equal to or greater than slice b in row-major order.
    auto compare = [&](int64_t a, int64_t b) {
      for (int64_t o = 0; o < m.outer; o++)
        for (int64_t c = 0; c < m.inner; c++) {
          T p = v[(o * m.n + a) * m.inner + c], q = v[(o * m.n + b) * m.inner + c];
          if (p < q) return -1;
          if (p > q) return 1;
        }
      return 0;
    };
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return compare(a, b) < 0; });
    g = group(order.data(), m.n, {m.n}, [&](int64_t a, int64_t b) { return compare(a, b) != 0; });
  });
  return {index_select(x, axis, index_tensor(g.representatives)), g.inverse, g.counts};
}

}  // namespace tare::kernels
