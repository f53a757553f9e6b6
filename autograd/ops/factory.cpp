#include "autograd/ops/factory.h"

#include <algorithm>
#include <cmath>

#include "core/context.h"
#include "kernels/elementwise.h"
#include "kernels/shape_copy.h"

namespace tare {

Tensor full(const Shape& shape, const Scalar& value, DType dtype) {
  Tensor t = empty(shape, dtype);
  kernels::fill(t, value);
  return t;
}
Tensor full(const Shape& shape, const Scalar& value) { return full(shape, value, is_floating(value.dtype()) ? default_dtype() : value.dtype()); }
Tensor zeros(const Shape& shape, DType dtype) { return zeros_raw(shape, dtype); }
Tensor zeros(const Shape& shape) { return zeros(shape, default_dtype()); }
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Tensor ones(const Shape& shape) { return ones(shape, default_dtype()); }
Tensor full_like(const Tensor& x, const Scalar& value) { return full(x.shape(), value, x.dtype()); }
Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype()); }
Tensor ones_like(const Tensor& x) { return ones(x.shape(), x.dtype()); }
Tensor empty_like(const Tensor& x) { return empty(x.shape(), x.dtype()); }
Tensor scalar(const Scalar& value, DType dtype) { return full({}, value, dtype); }

namespace {

template <class V>
Tensor copied(const V* values, size_t count, const Shape& shape, DType dtype) {
  check<ShapeError>(shape.numel() == int64_t(count), "from_vector: ", count, " numbers do not fill a tensor of shape ", shape);
  Tensor t = empty(shape, dtype);
  dispatch(dtype, [&]<class T>() { std::transform(values, values + count, t.mutable_data<T>(), [](V v) { return static_cast<T>(v); }); });
  return t;
}

}  // namespace

Tensor from_vector(const std::vector<double>& values, const Shape& shape, DType dtype) { return copied(values.data(), values.size(), shape, dtype); }
Tensor from_vector(const std::vector<double>& values, const Shape& shape) { return from_vector(values, shape, default_dtype()); }
Tensor from_vector(const std::vector<int64_t>& values, const Shape& shape) { return copied(values.data(), values.size(), shape, DType::int64); }
Tensor tensor(std::initializer_list<double> values) { return from_vector(std::vector<double>(values), {int64_t(values.size())}); }
Tensor tensor(std::initializer_list<std::initializer_list<double>> rows) {
  std::vector<double> all;
  size_t columns = rows.size() ? rows.begin()->size() : 0;
  for (auto& row : rows) {
    check<ShapeError>(row.size() == columns, "tensor: rows of ", columns, " and ", row.size(), " numbers");
    all.insert(all.end(), row.begin(), row.end());
  }
  return from_vector(all, {int64_t(rows.size()), int64_t(columns)});
}
Tensor indices(std::initializer_list<int64_t> values) { return from_vector(std::vector<int64_t>(values), {int64_t(values.size())}); }

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, DType dtype) {
  double width = end.real() - start.real(), by = step.real();
  check<ValueError>(by != 0 && std::isfinite(by) && std::isfinite(width), "arange: expected finite bounds and a step other than 0, not ", start.real(), ", ", end.real(),
                    ", ", by);
  check<ValueError>((by > 0) == (width >= 0) || width == 0, "arange: a step of ", by, " does not lead from ", start.real(), " to ", end.real());
  double count = std::ceil(width / by);
  check<ValueError>(count < 0x1p40, "arange: ", count, " numbers are too many");
  Tensor t = empty({int64_t(count)}, dtype);
  bool whole = start.dtype() != DType::float64 && step.dtype() != DType::float64;
  dispatch(dtype, [&]<class T>() {
    T* p = t.mutable_data<T>();
    for (int64_t i = 0; i < t.numel(); i++)
      p[i] = whole ? static_cast<T>(start.as<int64_t>() + i * step.as<int64_t>()) : static_cast<T>(start.real() + double(i) * by);
  });
  return t;
}
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step) {
  bool floating = is_floating(start.dtype()) || is_floating(end.dtype()) || is_floating(step.dtype());
  return arange(start, end, step, floating ? default_dtype() : DType::int64);
}
Tensor arange(const Scalar& end) { return arange(0, end, 1); }

// From both ends towards the middle, so that the last number is `end` exactly.
Tensor linspace(double start, double end, int64_t steps, DType dtype) {
  check<ValueError>(steps >= 0, "linspace: expected a number of steps of at least 0, not ", steps);
  Tensor t = empty({steps}, dtype);
  double by = steps > 1 ? (end - start) / double(steps - 1) : 0;
  dispatch(dtype, [&]<class T>() {
    T* p = t.mutable_data<T>();
    for (int64_t i = 0; i < steps; i++) p[i] = static_cast<T>(i < (steps + 1) / 2 ? start + by * double(i) : end - by * double(steps - 1 - i));
  });
  return t;
}
Tensor linspace(double start, double end, int64_t steps) { return linspace(start, end, steps, default_dtype()); }
Tensor logspace(double start, double end, int64_t steps, double base) {
  return kernels::to(kernels::pow(Scalar(base), linspace(start, end, steps, DType::float64)), default_dtype());
}

Tensor eye(int64_t n, int64_t m, DType dtype) {
  Tensor t = zeros({n, m}, dtype);
  dispatch(dtype, [&]<class T>() {
    for (int64_t i = 0; i < std::min(n, m); i++) t.mutable_data<T>()[i * m + i] = T(1);
  });
  return t;
}
Tensor eye(int64_t n) { return eye(n, n, default_dtype()); }

namespace {
template <class F>
Tensor coordinates(const char* what, int64_t rows, int64_t columns, F&& inside) {
  check<ValueError>(rows >= 0 && columns >= 0, what, ": expected sizes of at least 0, not ", rows, " and ", columns);
  std::vector<int64_t> is, js;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      if (inside(j - i)) is.push_back(i), js.push_back(j);
  int64_t count = int64_t(is.size());
  is.insert(is.end(), js.begin(), js.end());
  return from_vector(is, {2, count});
}
}  // namespace
Tensor tril_indices(int64_t rows, int64_t columns, int64_t offset) {
  return coordinates("tril_indices", rows, columns, [offset](int64_t d) { return d <= offset; });
}
Tensor triu_indices(int64_t rows, int64_t columns, int64_t offset) {
  return coordinates("triu_indices", rows, columns, [offset](int64_t d) { return d >= offset; });
}

}  // namespace tare
