// The tables of this floor, one for each family of operations: declared here, defined in table_<family>.cpp, joined in table.cpp.
#pragma once

#include "autograd/functions.h"

namespace tare::tables {

std::span<const Function> elementwise();
std::span<const Function> binary();
std::span<const Function> reduce();
std::span<const Function> shape();
std::span<const Function> index();
std::span<const Function> sort();
std::span<const Function> products();
std::span<const Function> layers();

/// float64 numbers in [lo, hi), reproducible, all different: what samples are made of.
Tensor sample(const Shape& shape, double lo = -2, double hi = 2, uint64_t seed = 1);
/// The same numbers through a transposed view: strides that are not row-major. shape has at least two axes.
Tensor strided_sample(const Shape& shape, double lo = -2, double hi = 2, uint64_t seed = 1);
/// An options object: options({{"dim", 1}, {"keepdim", true}}).
Json options(std::initializer_list<std::pair<const char*, Json>> members);
Tensor int_sample(std::initializer_list<int64_t> values, const Shape& shape);

/// Samples with which every elementwise function of one tensor is checked: a matrix, a scalar, a strided one, an empty one.
std::vector<FunctionSample> unary_samples(double lo, double hi);
/// Two tensors: equal shapes, broadcasting both ways, a scalar, strides, an empty one. All numbers in [lo, hi).
std::vector<FunctionSample> binary_samples(double lo, double hi);

/// A row of an elementwise function of one tensor, checked on [Lo, Hi) tenths.
template <Tensor (*F)(const Tensor&), int Lo, int Hi>
constexpr Function unary(std::string_view name) {
  return {name, [](const Inputs& x, Keywords&) { return Tensors{F(x[0])}; }, [] { return unary_samples(Lo / 10.0, Hi / 10.0); }};
}
/// A row of a function without a derivative.
template <Tensor (*F)(const Tensor&)>
constexpr Function plain(std::string_view name) {
  return {name, [](const Inputs& x, Keywords&) { return Tensors{F(x[0])}; }, nullptr, Gradient::none};
}
template <Tensor (*F)(const Tensor&, const Tensor&), int Lo, int Hi>
constexpr Function binary_row(std::string_view name) {
  return {name, [](const Inputs& x, Keywords&) { return Tensors{F(x[0], x[1])}; }, [] { return binary_samples(Lo / 10.0, Hi / 10.0); }};
}

}  // namespace tare::tables
