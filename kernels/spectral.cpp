// Functions of symmetric matrices and their derivatives of every order, through divided differences.
//
// f[x] = f(x), f[x_0 .. x_k] = (f[x_1 .. x_k] - f[x_0 .. x_(k-1)]) / (x_k - x_0). Where points are far apart this recursion over sorted
// points loses little. Where they are close it cancels, and for equal ones it is 0 / 0: there, with c in their middle, the Taylor series
//   f[x_0 .. x_k] = sum over m >= 0 of a_(k+m) h_m(x_0 - c, .., x_k - c)
// is summed, h_m the complete homogeneous polynomials, h_m(y_1 .. y_r) = h_m(y_1 .. y_(r-1)) + y_r h_(m-1)(y_1 .. y_r). Within a fifth
// of the radius of convergence 26 terms reach double precision.
#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/lapack.h"
#include "kernels/linalg.h"

namespace tare::kernels {
namespace {

constexpr double kClose = 0.2;  // of the radius
constexpr size_t kTerms = 26;

double by_series(const Analytic& f, std::span<const double> x, double c) {
  size_t k = x.size() - 1, terms = x.front() == x.back() ? 1 : kTerms;
  double a[kTerms + 16], h[kTerms] = {1};
  f.taylor(c, {a, k + terms});
  for (double point : x)
    for (size_t m = 1; m < terms; m++) h[m] += (point - c) * h[m - 1];
  double sum = 0;
  for (size_t m = terms; m-- > 0;) sum += m && h[m] == 0 ? 0 : a[k + m] * h[m];
  return sum;
}

double divided(const Analytic& f, std::span<const double> x) {  // x ascending
  double first = x.front(), last = x.back(), c = first == last ? first : 0.5 * (first + last);
  if (first == last || 0.5 * (last - first) <= kClose * f.radius(c)) return by_series(f, x, c);
  return (divided(f, x.subspan(1)) - divided(f, x.first(x.size() - 1))) / (last - first);
}

void multiply(bool ta, bool tb, lapack_int n, const double* a, const double* b, double* c) {
  cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n);
}

// One matrix. e: k matrices in the basis of eigenvectors.
struct Integral {
  const Analytic& f;
  const double* w;
  int64_t n;
  const std::vector<std::vector<double>>& e;
  std::vector<int64_t> path{};

  double difference() const {
    double x[16];
    for (size_t i = 0; i < path.size(); i++) x[i] = w[path[i]];
    std::sort(x, x + path.size());
    return divided(f, {x, path.size()});
  }
  // The sum over the paths that continue `path`, whose factors so far are `weight`, and end at `last`.
  double continued(double weight, int64_t last) {
    size_t step = path.size() - 1;
    double total = 0;
    bool closing = step + 1 == e.size();
    for (int64_t next = closing ? last : 0; next < (closing ? last + 1 : n); next++) {
      double factor = weight * e[step][size_t(path.back() * n + next)];
      if (factor == 0) continue;  // a derivative may be infinite where nothing moves
      path.push_back(next);
      total += closing ? factor * difference() : continued(factor, last);
      path.pop_back();
    }
    return total;
  }
};

}  // namespace

Tensor operator_integral(const Analytic& f, const Tensor& w, const Tensor& v, const Tensors& e) {
  Matrices m = squares_of("spectral function", v);
  int64_t n = m.rows, size = n * n;
  check<ValueError>(e.size() < 8, "spectral function: derivatives of order ", e.size(), " are not available");
  Tensor out = zeros_raw(v.shape(), DType::float64);
  if (out.numel() == 0) return out;
  Tensors given;
  for (const Tensor& t : e) given.push_back(contiguous(t.dtype() == DType::float64 ? t : to(t, DType::float64)));
  const double *pw = w.data<double>(), *pv = v.data<double>();
  each_matrix(m.count, std::pow(double(n), double(std::max<size_t>(e.size() + 1, 3))) * 10, [&](int64_t i) {
    const double* basis = pv + i * size;
    std::vector<double> middle(static_cast<size_t>(size)), scratch(static_cast<size_t>(size));
    std::vector<std::vector<double>> rotated;
    for (const Tensor& t : given) {
      rotated.emplace_back(static_cast<size_t>(size));
      multiply(true, false, lapack_int(n), basis, t.data<double>() + i * size, scratch.data());
      multiply(false, false, lapack_int(n), scratch.data(), basis, rotated.back().data());
    }
    Integral sum{f, pw + i * n, n, rotated};
    for (int64_t r = 0; r < n; r++)
      for (int64_t c = 0; c < n; c++) {
        if (e.empty() && r != c) continue;
        sum.path = {r};
        middle[size_t(r * n + c)] = e.empty() ? sum.difference() : sum.continued(1, c);
      }
    multiply(false, false, lapack_int(n), basis, middle.data(), scratch.data());
    multiply(false, true, lapack_int(n), scratch.data(), basis, out.mutable_data<double>() + i * size);
  });
  return out;
}

}  // namespace tare::kernels
