// Random tensors. Element i is a function of (seed, position, i) alone: the same bits for any number of threads, and each
// call moves the generator on by what it used.
#pragma once

#include "core/random.h"
#include "core/tensor.h"

namespace tare::kernels {

/// Uniform in [lo, hi); float32 or float64.
Tensor uniform(const Shape& shape, double lo, double hi, DType dtype, Generator& g);
/// Normal, by Box and Muller.
Tensor normal(const Shape& shape, double mean, double deviation, DType dtype, Generator& g);
/// Exponential with rate `rate`, gamma with shape alpha (Marsaglia and Tsang) and rate 1.
Tensor exponential(const Shape& shape, double rate, DType dtype, Generator& g);
Tensor gamma(const Tensor& alpha, Generator& g);
/// 1 with probability p, else 0; of any type.
Tensor bernoulli(const Shape& shape, double p, DType dtype, Generator& g);
/// 1 with the probability that stands at each place; of probabilities' type.
Tensor bernoulli(const Tensor& probabilities, Generator& g);
/// Uniform whole numbers in [lo, hi).
Tensor randint(const Shape& shape, int64_t lo, int64_t hi, DType dtype, Generator& g);
/// A permutation of 0 .. n-1: int64.
Tensor randperm(int64_t n, Generator& g);
/// Categories drawn from rows of weights ([k] or [n, k]) that need not sum to 1: int64 [count] or [n, count].
Tensor multinomial(const Tensor& weights, int64_t count, bool replacement, Generator& g);

/// The same into an existing contiguous tensor of float32 or float64.
void fill_uniform(const Tensor& dst, double lo, double hi, Generator& g);
void fill_normal(const Tensor& dst, double mean, double deviation, Generator& g);

}  // namespace tare::kernels
