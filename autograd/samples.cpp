#include "autograd/samples.h"

#include <algorithm>

#include "autograd/ops/factory.h"
#include "kernels/elementwise.h"

namespace tare::samples {

Tensor spread(const Shape& shape, double lo, double hi, int salt) {
  Tensor t = empty(shape, DType::float64);
  int64_t n = t.numel(), step = 1;
  // Multiples of a number prime to n visit every place once.
  for (int64_t candidate : {7, 11, 5, 13, 3, 17, 2}) {
    if (n > 1 && std::__gcd(n, candidate) == 1 && step == 1) step = candidate;
  }
  double shift = 0.37 + 0.17 * (salt % 4);
  for (int64_t i = 0; i < n; i++) t.mutable_data<double>()[i] = lo + (hi - lo) * (double((i * step + 2 * salt) % n) + shift) / (double(n) + 0.2);
  return t;
}

Tensor transposed(const Shape& shape, double lo, double hi, int salt) {
  Shape stored = shape;
  int last = shape.size() - 1;
  std::swap(stored[last], stored[last - 1]);
  Tensor base = spread(stored, lo, hi, salt);
  Shape strides = base.strides();
  std::swap(strides[last], strides[last - 1]);
  return view_of(base, shape, strides, 0);
}

Tensor whole(const std::vector<int64_t>& values, const Shape& shape) { return from_vector(values, shape); }

Tensor mask(const Shape& shape) {
  Tensor t = empty(shape, DType::boolean);
  for (int64_t i = 0; i < t.numel(); i++) t.mutable_data<bool>()[i] = (i * 7 + 3) % 5 < 2;
  return t;
}

Json with(std::initializer_list<Json::Member> members) { return Json(Json::Object(members)); }

std::vector<FunctionSample> unary_over(double lo, double hi) {
  return {{{spread({2, 3}, lo, hi)}}, {{spread({}, lo, hi)}}, {{spread({0, 2}, lo, hi)}}, {{transposed({3, 2}, lo, hi, 1)}}};
}

std::vector<FunctionSample> binary_over(double lo, double hi) {
  return {{{spread({2, 3}, lo, hi), spread({2, 3}, lo, hi, 1)}},
          {{spread({3, 1}, lo, hi), spread({1, 2}, lo, hi, 1)}},
          {{spread({2, 2}, lo, hi), spread({}, lo, hi, 1)}},
          {{spread({0, 2}, lo, hi), spread({1, 2}, lo, hi, 1)}},
          {{transposed({2, 3}, lo, hi), spread({3}, lo, hi, 1)}}};
}

std::vector<FunctionSample> reduction_of_some() {
  return {{{spread({2, 3})}},
          {{spread({2, 3, 2})}, with({{"dim", 1}})},
          {{spread({2, 3, 2})}, with({{"dim", Json::Array{0, -1}}, {"keepdim", true}})},
          {{transposed({3, 2})}, with({{"dim", -1}})},
          {{spread({0, 3})}, with({{"dim", 1}})},
          {{spread({})}}};
}
std::vector<FunctionSample> reduction() {
  std::vector<FunctionSample> all = reduction_of_some();
  all.push_back({{spread({2, 0})}, with({{"dim", 1}})});
  all.push_back({{spread({0})}});
  return all;
}
std::vector<FunctionSample> along_axis() {
  return {{{spread({2, 3})}, with({{"dim", 1}})},
          {{spread({2, 3, 2})}, with({{"dim", 0}})},
          {{transposed({3, 2})}, with({{"dim", -1}})},
          {{spread({})}, with({{"dim", 0}})},
          {{spread({0, 3})}, with({{"dim", 1}})}};
}

}  // namespace tare::samples
