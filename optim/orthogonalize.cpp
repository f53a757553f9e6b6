#include "optim/orthogonalize.h"

#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/reduce.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

/// One step, all matrices contiguous: s, p (m, m), y (m, n).
template <class T>
void quintic_step(const Tensor& x, const Tensor& s, const Tensor& p, const Tensor& y, const std::vector<double>& k) {
  int64_t m = x.size(0), n = x.size(1);
  kernels::gemm<T>(false, true, m, m, n, T(1), x.data<T>(), n, x.data<T>(), n, T(0), s.mutable_data<T>(), m);
  kernels::copy_into(p, s);
  kernels::gemm<T>(false, false, m, m, m, T(k[2]), s.data<T>(), m, s.data<T>(), m, T(k[1]), p.mutable_data<T>(), m);
  kernels::copy_into(y, x);
  kernels::count_work(2 * m * m * (m + 2 * n), 2 * kernels::bytes_of(x, s, p, y));
  kernels::gemm<T>(false, false, m, n, m, T(1), p.data<T>(), m, x.data<T>(), n, T(k[0]), y.mutable_data<T>(), n);
}

}  // namespace

Tensor newton_schulz(const Tensor& u, int64_t steps, double eps, const std::vector<double>& coefficients) {
  check<ShapeError>(u.dim() == 2, "newton_schulz: expected a matrix but the input is ", u.shape());
  bool tall = u.size(0) > u.size(1);
  double norm = norm_of(u) + eps;
  Tensor x = kernels::mul(kernels::contiguous(tall ? transpose(u) : u), norm > 0 ? 1 / norm : 0);
  int64_t m = x.size(0);
  Tensor s = empty({m, m}, x.dtype()), p = empty({m, m}, x.dtype()), y = empty(x.shape(), x.dtype());
  for (int64_t i = 0; i < steps; i++) {
    dispatch_floating("newton_schulz", x.dtype(), [&]<class T>() { quintic_step<T>(x, s, p, y, coefficients); });
    std::swap(x, y);
  }
  return tall ? kernels::contiguous(transpose(x)) : x;
}

Tensor polar_factor(const Tensor& x, double cutoff) {
  check<ShapeError>(x.dim() == 2, "polar_factor: expected a matrix but the input is ", x.shape());
  auto [u, s, vh] = svd(x, false);
  if (s.numel() == 0) return x;
  Tensor counts = kernels::gt(s, cutoff * kernels::amax(s).item());
  return matmul(kernels::mul(u, kernels::to(counts, x.dtype())), vh);
}

Tensor as_matrix(const Tensor& x) { return reshape(x, x.dim() < 2 ? Shape{1, x.numel()} : Shape{x.size(0), x.size(0) ? x.numel() / x.size(0) : 0}); }

}  // namespace tare::optim
