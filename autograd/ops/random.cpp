// Random tensors from a generator, or the context's.
#include "autograd/ops/factory.h"
#include "core/context.h"
#include "kernels/random_fill.h"

namespace tare {

Generator& generator_or_default(Generator* generator) { return generator ? *generator : default_generator(); }

Tensor uniform(const Shape& shape, double lo, double hi, DType dtype, Generator* g) { return kernels::uniform(shape, lo, hi, dtype, generator_or_default(g)); }
Tensor normal(const Shape& shape, double mean, double deviation, DType dtype, Generator* g) {
  return kernels::normal(shape, mean, deviation, dtype, generator_or_default(g));
}
Tensor rand(const Shape& shape, DType dtype, Generator* g) { return uniform(shape, 0, 1, dtype, g); }
Tensor rand(const Shape& shape) { return rand(shape, default_dtype()); }
Tensor randn(const Shape& shape, DType dtype, Generator* g) { return normal(shape, 0, 1, dtype, g); }
Tensor randn(const Shape& shape) { return randn(shape, default_dtype()); }
Tensor rand_like(const Tensor& x, Generator* g) { return rand(x.shape(), x.dtype(), g); }
Tensor randn_like(const Tensor& x, Generator* g) { return randn(x.shape(), x.dtype(), g); }
Tensor randint(int64_t lo, int64_t hi, const Shape& shape, Generator* g) { return kernels::randint(shape, lo, hi, DType::int64, generator_or_default(g)); }
Tensor randperm(int64_t n, Generator* g) { return kernels::randperm(n, generator_or_default(g)); }
Tensor bernoulli(const Tensor& p, Generator* g) { return kernels::bernoulli(p, generator_or_default(g)); }
Tensor multinomial(const Tensor& weights, int64_t count, bool replacement, Generator* g) {
  return kernels::multinomial(weights, count, replacement, generator_or_default(g));
}

}  // namespace tare
