// Gradients by central differences of a reference written in double precision: an oracle that shares nothing with a backward kernel.
#pragma once

#include <functional>
#include <vector>

#include "tests/kernels/samples.h"

namespace tare::samples {

using Values = std::vector<double>;

/// d(sum_i weight_i f_i(x)) / dx by central differences.
inline Values numeric_gradient(const std::function<Values(const Values&)>& f, const Values& x, const Values& weight, double h = 1e-5) {
  Values gradient(x.size());
  for (size_t i = 0; i < x.size(); i++) {
    double total[2];
    for (int side : {0, 1}) {
      Values moved = x;
      moved[i] += side ? h : -h;
      Values y = f(moved);
      total[side] = 0;
      for (size_t j = 0; j < y.size(); j++) total[side] += weight[j] * y[j];
    }
    gradient[i] = (total[1] - total[0]) / (2 * h);
  }
  return gradient;
}

/// A tensor of given values.
inline Tensor tensor_of(const Shape& shape, const Values& values, DType dtype) {
  Tensor t = empty(shape, dtype);
  REQUIRE(t.numel() == int64_t(values.size()));
  for (size_t i = 0; i < values.size(); i++) {
    if (dtype == DType::float32) t.mutable_data<float>()[i] = float(values[i]);
    else t.mutable_data<double>()[i] = values[i];
  }
  return t;
}
inline Tensor tensor_of(const Shape& shape, const std::vector<int64_t>& values) {
  Tensor t = empty(shape, DType::int64);
  REQUIRE(t.numel() == int64_t(values.size()));
  std::copy(values.begin(), values.end(), t.mutable_data<int64_t>());
  return t;
}
/// The same values in float32.
inline Tensor to_float(const Tensor& t) { return tensor_of(t.shape(), t.to_vector<double>(), DType::float32); }

}  // namespace tare::samples
