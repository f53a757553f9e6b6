// Points at which the tables' functions are differentiated: every function is tried on ordinary, 0-d, empty, transposed and (where it
// takes several tensors) broadcast inputs. Values are evenly spread in a shuffled order, so that no two are equal and none sits on a
// kink.
#pragma once

#include "autograd/functions.h"

namespace tare::samples {

/// float64 numbers spread over (lo, hi); `salt` moves the order and the values.
Tensor spread(const Shape& shape, double lo = -2, double hi = 2, int salt = 0);
/// The same numbers in a tensor whose last two axes are transposed in memory.
Tensor transposed(const Shape& shape, double lo = -2, double hi = 2, int salt = 0);
/// int64 numbers from a list.
Tensor whole(const std::vector<int64_t>& values, const Shape& shape);
/// A bool tensor, true where (i * 7 + 3) % 5 < 2.
Tensor mask(const Shape& shape);
/// {"dim": 1, ...}.
Json with(std::initializer_list<Json::Member> members);

std::vector<FunctionSample> unary_over(double lo, double hi);
std::vector<FunctionSample> binary_over(double lo, double hi);

/// One tensor with values in (lo / 100, hi / 100).
template <int lo = -200, int hi = 200>
std::vector<FunctionSample> unary() {
  return unary_over(lo / 100.0, hi / 100.0);
}
template <int lo = -200, int hi = 200>
std::vector<FunctionSample> binary() {
  return binary_over(lo / 100.0, hi / 100.0);
}
/// One tensor and "dim", "keepdim": none, one axis, several, negative ones, empty and 0-d tensors.
std::vector<FunctionSample> reduction();
/// The same without the cases whose reduced extent is empty.
std::vector<FunctionSample> reduction_of_some();
/// One tensor and one axis ("dim").
std::vector<FunctionSample> along_axis();

}  // namespace tare::samples
