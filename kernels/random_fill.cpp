// Random tensors. A block of Philox gives four 32-bit words; float32 numbers take one word each, float64 numbers two.
// Pieces of the tensor start at whole blocks, so that any thread can compute any piece.
#include "kernels/random_fill.h"

#include <cmath>

#include "core/parallel.h"
#include "kernels/elementwise.h"
#include "kernels/sort.h"

namespace tare::kernels {
namespace {

constexpr int64_t kRandomGrain = 8192;  // a multiple of four, so that pieces are whole blocks
constexpr double kTwoPi = 6.28318530717958647692;

double unit53(uint32_t a, uint32_t b) { return double((uint64_t(a) << 21) ^ (uint64_t(b) >> 11)) * 0x1p-53; }
float unit24(uint32_t a) { return float(a >> 8) * 0x1p-24f; }

// f(words of block b, first element, how many) with `per_block` elements a block.
template <class F>
void for_blocks(int64_t n, int64_t per_block, Generator& g, F&& f) {
  uint64_t seed = g.seed, start = g.advance((n + per_block - 1) / per_block * 4);
  parallel_for(n, kRandomGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += per_block) f(philox(seed, start + uint64_t(i / per_block)), i, std::min(per_block, end - i));
  });
}

// Uniform doubles in [0, 1), two a block, handed to put(i, u).
template <class F>
void for_uniform(int64_t n, Generator& g, F&& put) {
  for_blocks(n, 2, g, [&](const auto& w, int64_t i, int64_t count) {
    put(i, unit53(w[0], w[1]));
    if (count > 1) put(i + 1, unit53(w[2], w[3]));
  });
}

void check_dense(const char* what, const Tensor& dst) {
  check<DTypeError>(is_floating(dst.dtype()), what, ": expected float32 or float64, not ", dst.dtype());
  check<ShapeError>(dst.is_contiguous(), what, ": expected a contiguous tensor");
}

// Writes put(i, converted) for any type.
template <class F>
Tensor make(const Shape& shape, DType dtype, F&& element) {
  Tensor out = empty(shape, dtype);
  dispatch(dtype, [&]<class T>() { element(out.mutable_data<T>()); });
  return out;
}

}  // namespace

void fill_uniform(const Tensor& dst, double lo, double hi, Generator& g) {
  check_dense("uniform", dst);
  check<ValueError>(lo <= hi && std::isfinite(hi - lo), "uniform: expected a finite range with lo <= hi, not [", lo, ", ", hi, ")");
  int64_t n = dst.numel();
  if (dst.dtype() == DType::float64) {
    double* y = dst.mutable_data<double>();
    for_uniform(n, g, [=](int64_t i, double u) {
      double v = lo + (hi - lo) * u;
      y[i] = v < hi || lo == hi ? v : lo;  // rounding may reach hi, which is outside
    });
    return;
  }
  float* y = dst.mutable_data<float>();
  float low = float(lo), high = float(hi), width = float(hi - lo);
  for_blocks(n, 4, g, [=](const auto& w, int64_t i, int64_t count) {
    for (int64_t k = 0; k < count; k++) {
      float v = low + width * unit24(w[static_cast<size_t>(k)]);
      y[i + k] = v < high || low == high ? v : low;
    }
  });
}

// Box and Muller: r = sqrt(-2 log u), theta = 2 pi v give two independent normal numbers r cos theta and r sin theta.
void fill_normal(const Tensor& dst, double mean, double deviation, Generator& g) {
  check_dense("normal", dst);
  check<ValueError>(deviation >= 0, "normal: expected a deviation of at least 0, not ", deviation);
  int64_t n = dst.numel();
  if (dst.dtype() == DType::float64) {
    double* y = dst.mutable_data<double>();
    for_blocks(n, 2, g, [=](const auto& w, int64_t i, int64_t count) {
      double r = std::sqrt(-2 * std::log(1 - unit53(w[0], w[1]))), angle = kTwoPi * unit53(w[2], w[3]);
      y[i] = mean + deviation * r * std::cos(angle);
      if (count > 1) y[i + 1] = mean + deviation * r * std::sin(angle);
    });
    return;
  }
  float* y = dst.mutable_data<float>();
  for_blocks(n, 4, g, [=](const auto& w, int64_t i, int64_t count) {
    for (int64_t k = 0; k < count; k += 2) {
      // 32 bits of u reach 6.6 deviations; the half keeps it off 0.
      float u = float((double(w[static_cast<size_t>(k)]) + 0.5) * 0x1p-32), angle = float(kTwoPi) * unit24(w[static_cast<size_t>(k) + 1]);
      float r = std::sqrt(-2 * std::log(u));
      y[i + k] = float(mean) + float(deviation) * (r * std::cos(angle));
      if (k + 1 < count) y[i + k + 1] = float(mean) + float(deviation) * (r * std::sin(angle));
    }
  });
}

Tensor uniform(const Shape& shape, double lo, double hi, DType dtype, Generator& g) {
  Tensor out = empty(shape, dtype);
  fill_uniform(out, lo, hi, g);
  return out;
}
Tensor normal(const Shape& shape, double mean, double deviation, DType dtype, Generator& g) {
  Tensor out = empty(shape, dtype);
  fill_normal(out, mean, deviation, g);
  return out;
}

Tensor exponential(const Shape& shape, double rate, DType dtype, Generator& g) {
  check<ValueError>(rate > 0, "exponential: expected a positive rate, not ", rate);
  check<DTypeError>(is_floating(dtype), "exponential: expected float32 or float64, not ", dtype);
  return make(shape, dtype, [&]<class T>(T* y) { for_uniform(shape.numel(), g, [=](int64_t i, double u) { y[i] = T(-std::log1p(-u) / rate); }); });
}

// Marsaglia and Tsang (2000): d (1 + c x)^3 with x normal is accepted with a probability near 1; alpha < 1 is reduced to
// alpha + 1 times u^(1/alpha). Each element draws from a stream of its own, because it may take several attempts.
Tensor gamma(const Tensor& alpha, Generator& g) {
  check<DTypeError>(is_floating(alpha.dtype()), "gamma: expected float32 or float64, not ", alpha.dtype());
  Tensor a = contiguous(alpha), out = empty(alpha.shape(), alpha.dtype());
  uint64_t seed = g.seed, start = g.advance(4);
  dispatch_floating("gamma", alpha.dtype(), [&]<class T>() {
    const T* shape = a.data<T>();
    T* y = out.mutable_data<T>();
    parallel_for(alpha.numel(), 1024, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        check<ValueError>(shape[i] > 0, "gamma: expected a positive shape parameter, not ", double(shape[i]));
        Generator own = derive(seed, start, uint64_t(i));
        double k = double(shape[i]), boost = 1;
        if (k < 1) {
          boost = std::pow(1 - own.uniform(), 1 / k);
          k += 1;
        }
        double d = k - 1.0 / 3, c = 1 / std::sqrt(9 * d), v;
        for (;;) {
          double r = std::sqrt(-2 * std::log(1 - own.uniform())), x = r * std::cos(kTwoPi * own.uniform());
          v = 1 + c * x;
          if (v <= 0) continue;
          v = v * v * v;
          if (std::log(1 - own.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) break;
        }
        y[i] = T(boost * d * v);
      }
    });
  });
  return out;
}

Tensor bernoulli(const Shape& shape, double p, DType dtype, Generator& g) {
  check<ValueError>(p >= 0 && p <= 1, "bernoulli: expected a probability between 0 and 1, not ", p);
  // 32 bits a number: u < p with u = w / 2^32.
  uint64_t threshold = static_cast<uint64_t>(std::ldexp(p, 32));
  return make(shape, dtype, [&]<class T>(T* y) {
    for_blocks(shape.numel(), 4, g, [=](const auto& w, int64_t i, int64_t count) {
      for (int64_t k = 0; k < count; k++) y[i + k] = T(w[static_cast<size_t>(k)] < threshold);
    });
  });
}

Tensor bernoulli(const Tensor& probabilities, Generator& g) {
  Tensor p = contiguous(probabilities), out = empty(probabilities.shape(), probabilities.dtype());
  dispatch_floating("bernoulli", p.dtype(), [&]<class T>() {
    const T* from = p.data<T>();
    T* y = out.mutable_data<T>();
    for (int64_t i = 0; i < p.numel(); i++) check<ValueError>(from[i] >= 0 && from[i] <= 1, "bernoulli: expected probabilities between 0 and 1, not ", double(from[i]));
    for_uniform(p.numel(), g, [=](int64_t i, double u) { y[i] = T(u < double(from[i])); });
  });
  return out;
}

Tensor randint(const Shape& shape, int64_t lo, int64_t hi, DType dtype, Generator& g) {
  check<ValueError>(lo < hi, "randint: expected lo < hi, not [", lo, ", ", hi, ")");
  uint64_t range = static_cast<uint64_t>(hi) - static_cast<uint64_t>(lo);
  return make(shape, dtype, [&]<class T>(T* y) {
    for_blocks(shape.numel(), 2, g, [=](const auto& w, int64_t i, int64_t count) {
      for (size_t k = 0; k < size_t(count); k++) {
        __extension__ typedef unsigned __int128 Wide;
        uint64_t bits = uint64_t(w[2 * k]) << 32 | w[2 * k + 1];
        y[i + int64_t(k)] = static_cast<T>(static_cast<int64_t>(static_cast<uint64_t>(lo) + uint64_t((static_cast<Wide>(bits) * range) >> 64)));
      }
    });
  });
}

// Sorting random keys: ties among 63 bits do not matter, and sorting is stable.
Tensor randperm(int64_t n, Generator& g) {
  check<ValueError>(n >= 0, "randperm: expected n >= 0, not ", n);
  return argsort(randint({n}, 0, INT64_MAX, DType::int64, g), 0, false);
}

// Gumbel's trick without logarithms of probabilities: the k smallest of e_i / w_i, e_i exponential, are a draw without
// replacement; each draw with replacement inverts the cumulative sum.
Tensor multinomial(const Tensor& weights, int64_t count, bool replacement, Generator& g) {
  check<ShapeError>(weights.dim() == 1 || weights.dim() == 2, "multinomial: expected weights [k] or [n, k] but the shape is ", weights.shape());
  check<ValueError>(count >= 0, "multinomial: expected a count of at least 0, not ", count);
  Tensor w = to(weights, DType::float64);
  int64_t k = weights.size(-1), rows = weights.dim() == 2 ? weights.size(0) : 1;
  const double* p = w.data<double>();
  Shape shape = weights.shape();
  shape.back() = count;
  Tensor out = empty(shape, DType::int64);
  int64_t* y = out.mutable_data<int64_t>();
  for (int64_t r = 0; r < rows; r++) {
    double total = 0;
    int64_t positive = 0;
    for (int64_t i = 0; i < k; i++) {
      double v = p[r * k + i];
      check<ValueError>(v >= 0 && std::isfinite(v), "multinomial: expected finite weights of at least 0, not ", v);
      total += v;
      positive += v > 0;
    }
    check<ValueError>(count == 0 || total > 0, "multinomial: row ", r, " has no positive weight");
    check<ValueError>(replacement || count <= positive, "multinomial: cannot draw ", count, " without replacement from ", positive, " positive weights");
    if (replacement) {
      Tensor u = uniform({count}, 0, total, DType::float64, g);
      for (int64_t c = 0; c < count; c++) {
        double rest = u.data<double>()[c];
        int64_t i = 0, last = 0;
        for (; i < k; i++) {
          if (p[r * k + i] > 0) last = i;
          if (p[r * k + i] > 0 && rest < p[r * k + i]) break;
          rest -= p[r * k + i];
        }
        y[r * count + c] = i < k ? i : last;
      }
    } else {
      Tensor keys = exponential({k}, 1, DType::float64, g);
      double* e = keys.mutable_data<double>();
      for (int64_t i = 0; i < k; i++) e[i] = p[r * k + i] > 0 ? e[i] / p[r * k + i] : INFINITY;
      Tensor chosen = topk(keys, count, 0, false).second;
      std::copy_n(chosen.data<int64_t>(), count, y + r * count);
    }
  }
  return out;
}

}  // namespace tare::kernels
