// O(n log n) for every length. KissFFT's mixed radices take n log n for lengths of small prime factors, but n p for a large prime factor p:
// such lengths go through Bluestein's algorithm (1970). With c_j = exp(-+ pi i j^2 / n) and jk = (j^2 + k^2 - (k - j)^2) / 2,
//   y_k = c_k sum_j (c_j x_j) conj(c_(k - j)),
// a convolution, which transforms of a power of two do.
#include "kernels/fft.h"

#include <kissfft/kissfft.hh>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "core/parallel.h"
#include "kernels/elementwise.h"

namespace tare::kernels {
namespace {

using Complex = std::complex<double>;

int64_t largest_prime_factor(int64_t n) {
  int64_t largest = 1;
  for (int64_t p = 2; p * p <= n; p++)
    while (n % p == 0) largest = p, n /= p;
  return std::max(largest, n);
}

// Transforms of one length and direction. Copies are independent: one a piece of work.
class Plan {
 public:
  Plan(int64_t n, bool inverse) : n_(size_t(n)) {
    if (largest_prime_factor(n) <= 50) {
      direct_.emplace(n_, inverse);
      return;
    }
    while (wide_ < 2 * n_ - 1) wide_ *= 2;
    direct_.emplace(wide_, false);
    back_.emplace(wide_, true);
    chirp_.resize(n_);
    std::vector<Complex> kernel(wide_);
    for (size_t j = 0; j < n_; j++) {
      // The angle repeats after 2 n: reduced in integers, it keeps its digits.
      double angle = (inverse ? 1 : -1) * M_PI * double(j * j % (2 * n_)) / double(n_);
      chirp_[j] = {std::cos(angle), std::sin(angle)};
      kernel[j] = kernel[(wide_ - j) % wide_] = std::conj(chirp_[j]);
    }
    kernel_.resize(wide_), a_.resize(wide_), b_.resize(wide_);
    direct_->transform(kernel.data(), kernel_.data());
  }

  // x: n numbers `stride` apart. y: n numbers.
  void operator()(const Complex* x, int64_t stride, Complex* y) {
    if (!back_) return direct_->transform(x, y, 0, 1, size_t(stride));
    std::fill(a_.begin(), a_.end(), Complex(0));
    for (size_t j = 0; j < n_; j++) a_[j] = x[int64_t(j) * stride] * chirp_[j];
    direct_->transform(a_.data(), b_.data());
    for (size_t j = 0; j < wide_; j++) b_[j] *= kernel_[j] / double(wide_);
    back_->transform(b_.data(), a_.data());
    for (size_t j = 0; j < n_; j++) y[j] = a_[j] * chirp_[j];
  }

 private:
  size_t n_, wide_ = 1;
  std::optional<kissfft<double>> direct_, back_;  // back_ only with Bluestein
  std::vector<Complex> chirp_, kernel_, a_, b_;
};

// Training asks for the same few lengths again and again, and a plan costs as much as two transforms.
std::shared_ptr<const Plan> plan_for(int64_t n, bool inverse) {
  constexpr size_t most = 32;
  static std::mutex guard;
  static std::map<std::pair<int64_t, bool>, std::shared_ptr<const Plan>> plans;
  std::lock_guard lock(guard);
  auto known = plans.find({n, inverse});
  if (known != plans.end()) return known->second;
  if (plans.size() >= most) plans.clear();
  return plans[{n, inverse}] = std::make_shared<const Plan>(n, inverse);
}

}  // namespace

Tensor fft(const Tensor& x, int axis, bool inverse, double scale) {
  check<ShapeError>(axis < x.dim() - 1 && x.shape().back() == 2, "fft: expected complex numbers as a last axis of 2 but the shape is ", x.shape());
  int64_t n = x.shape()[axis], inner = x.shape().slice(axis + 1, -1).numel();
  check<ValueError>(n >= 1, "fft: there is nothing to transform along axis ", axis, " of ", x.shape());
  Tensor in = contiguous(x.dtype() == DType::float64 ? x : to(x, DType::float64)), out = empty(x.shape(), DType::float64);
  const auto* from = reinterpret_cast<const Complex*>(in.data<double>());
  auto* into = reinterpret_cast<Complex*>(out.mutable_data<double>());
  if (x.numel() == 0) return to(out, x.dtype());
  auto plan = plan_for(n, inverse);
  parallel_for(x.numel() / 2 / n, std::max<int64_t>(1, 32768 / n), [&](int64_t begin, int64_t end) {
    Plan own = *plan;
    std::vector<Complex> line(static_cast<size_t>(n));
    for (int64_t i = begin; i < end; i++) {
      int64_t start = i / inner * n * inner + i % inner;
      own(from + start, inner, line.data());
      for (int64_t j = 0; j < n; j++) into[start + j * inner] = line[size_t(j)] * scale;
    }
  });
  return x.dtype() == DType::float64 ? out : to(out, x.dtype());
}

}  // namespace tare::kernels
