// Random inputs, and comparisons of a kernel's output with a reference in double precision.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/parallel.h"
#include "core/random.h"
#include "core/tensor.h"

namespace tare::samples {

/// Uniform numbers in [-1, 1) for floating types, integers in [-9, 9] for int64.
inline Tensor random_tensor(const Shape& shape, DType dtype, uint64_t seed, double mean = 0) {
  Tensor t = empty(shape, dtype);
  Generator g(seed);
  for (int64_t i = 0; i < t.numel(); i++) {
    double u = 2 * g.uniform() - 1;
    if (dtype == DType::float32) t.mutable_data<float>()[i] = float(u + mean);
    else if (dtype == DType::float64) t.mutable_data<double>()[i] = u + mean;
    else t.mutable_data<int64_t>()[i] = int64_t(std::floor(u * 9.5 + 0.5));
  }
  return t;
}

/// The same values with axes `a` and `b` exchanged, as a view.
inline Tensor transposed(const Tensor& t, int a, int b) {
  Shape shape = t.shape(), strides = t.strides();
  std::swap(shape[a], shape[b]);
  std::swap(strides[a], strides[b]);
  return view_of(t, shape, strides, t.impl().offset);
}

/// A view of every `step`-th entry along `axis`.
inline Tensor every(const Tensor& t, int axis, int64_t step) {
  Shape shape = t.shape(), strides = t.strides();
  shape[axis] = (shape[axis] + step - 1) / step;
  strides[axis] *= step;
  return view_of(t, shape, strides, t.impl().offset);
}

/// Largest absolute difference over the largest absolute reference value (or over 1 when that is smaller).
inline double relative_error(const Tensor& got, const std::vector<double>& want) {
  std::vector<double> values = got.to_vector<double>();
  REQUIRE(values.size() == want.size());
  double error = 0, scale = 1;
  for (size_t i = 0; i < want.size(); i++) {
    double difference = std::abs(values[i] - want[i]);
    error = std::isnan(difference) ? INFINITY : std::max(error, difference);
    scale = std::max(scale, std::abs(want[i]));
  }
  return error / scale;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && a.is_contiguous() && b.is_contiguous() &&
         (a.numel() == 0 || std::memcmp(a.raw(), b.raw(), size_t(a.numel() * item_size(a.dtype()))) == 0);
}

/// True when f() gives the same bits with 1, 2 and 5 threads.
template <class F>
bool same_for_any_threads(F f) {
  int before = num_threads();
  set_num_threads(1);
  Tensor one = f();
  bool same = true;
  for (int threads : {2, 5}) {
    set_num_threads(threads);
    same = same && same_bits(one, f());
  }
  set_num_threads(before);
  return same;
}

/// Steps `index` through `shape` in row-major order; false after the last.
inline bool next_index(Shape& index, const Shape& shape) {
  for (int i = shape.size() - 1; i >= 0; i--) {
    if (++index[i] < shape[i]) return true;
    index[i] = 0;
  }
  return false;
}

}  // namespace tare::samples
