// Making tensors: constants, ranges, random numbers. Without a dtype floating ones are of default_dtype().
#pragma once

#include <initializer_list>
#include <optional>

#include "core/random.h"
#include "core/tensor.h"

namespace tare {

/// Every element `value`. The dtype defaults to the value's: default_dtype() for a floating number, int64, bool.
Tensor full(const Shape& shape, const Scalar& value);
Tensor full(const Shape& shape, const Scalar& value, DType dtype);
Tensor zeros(const Shape& shape);
Tensor zeros(const Shape& shape, DType dtype);
Tensor ones(const Shape& shape);
Tensor ones(const Shape& shape, DType dtype);
Tensor full_like(const Tensor& x, const Scalar& value);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor empty_like(const Tensor& x);
/// Tensor of rank 0.
Tensor scalar(const Scalar& value, DType dtype);
/// A copy of numbers in row-major order. Throws ShapeError when their count does not fit.
Tensor from_vector(const std::vector<double>& values, const Shape& shape, DType dtype);
Tensor from_vector(const std::vector<double>& values, const Shape& shape);
Tensor from_vector(const std::vector<int64_t>& values, const Shape& shape);
/// Vectors and matrices from literals: tensor({1.0, 2.0}), tensor({{1.0, 2.0}, {3.0, 4.0}}).
Tensor tensor(std::initializer_list<double> values);
Tensor tensor(std::initializer_list<std::initializer_list<double>> rows);
/// int64 vector.
Tensor indices(std::initializer_list<int64_t> values);

/// start, start + step, ... before end. All integers: int64; otherwise of default_dtype().
Tensor arange(const Scalar& end);
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step = 1);
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, DType dtype);
/// `steps` numbers from start to end, both included; base^those.
Tensor linspace(double start, double end, int64_t steps);
Tensor linspace(double start, double end, int64_t steps, DType dtype);
Tensor logspace(double start, double end, int64_t steps, double base = 10);
Tensor eye(int64_t n);
Tensor eye(int64_t n, int64_t m, DType dtype);
/// Coordinates of the lower (upper) triangle: int64 [2, count].
Tensor tril_indices(int64_t rows, int64_t columns, int64_t offset = 0);
Tensor triu_indices(int64_t rows, int64_t columns, int64_t offset = 0);

// ---- random, from the context's generator (core/random.h) unless one is given

Tensor rand(const Shape& shape);
Tensor rand(const Shape& shape, DType dtype, Generator* generator = nullptr);
Tensor randn(const Shape& shape);
Tensor randn(const Shape& shape, DType dtype, Generator* generator = nullptr);
Tensor rand_like(const Tensor& x, Generator* generator = nullptr);
Tensor randn_like(const Tensor& x, Generator* generator = nullptr);
/// Uniform in [lo, hi).
Tensor uniform(const Shape& shape, double lo, double hi, DType dtype, Generator* generator = nullptr);
Tensor normal(const Shape& shape, double mean, double deviation, DType dtype, Generator* generator = nullptr);
/// int64 in [lo, hi).
Tensor randint(int64_t lo, int64_t hi, const Shape& shape, Generator* generator = nullptr);
Tensor randperm(int64_t n, Generator* generator = nullptr);
/// 1 with the probability that stands at each place.
Tensor bernoulli(const Tensor& p, Generator* generator = nullptr);
Tensor multinomial(const Tensor& weights, int64_t count, bool replacement = false, Generator* generator = nullptr);
/// The generator given, or the context's.
Generator& generator_or_default(Generator* generator);

}  // namespace tare
