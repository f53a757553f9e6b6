// f(A) and its derivatives of every order (Daleckii and Krein 1951). With E_1 .. E_k in the basis V of A = V diag(w) V^T,
//   T_k(A; E_1 .. E_k) = V [ sum f[w_i0 .. w_ik] (E_1)_(i0 i1) .. (E_k)_(i(k-1) ik) ] V^T,  T_0(A) = f(A),
// f[..] the divided difference, defined for equal points too (kernels/spectral.cpp). These are closed under differentiation:
//   d T_k(A; E_1 .. E_k)[H] = sum over j of T_(k+1)(A; E_1 .. E_j, H, E_(j+1) .. E_k).
// f[..] does not depend on the order of its points, so that the sum may be read around the circle from any place:
//   <G, T_k(A; E_1 .. E_k)> = <E_j, T_k(A; E_(j-1)^T .. E_1^T, G, E_k^T .. E_(j+1)^T)>,
// which gives the gradients in E_j and, one order up, in A. One operation is its own derivative to any order.
#include "autograd/ops/spectral.h"

#include <cmath>
#include <memory>

#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/matrices.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

struct Basis {
  SpectralFunction f;
  Tensor w, v;  // float64
};
using SharedBasis = std::shared_ptr<const Basis>;

bool all_finite(const Tensor& t) { return kernels::all(kernels::isfinite(t)).item<bool>(); }

// E_j^T .. E_1^T, G, E_k^T .. E_(first after G)^T.
Tensors around(const Tensors& e, size_t before, size_t after, const Tensor& grad) {
  Tensors out;
  for (size_t i = before; i-- > 0;) out.push_back(transpose(e[i]));
  out.push_back(grad);
  for (size_t i = e.size(); i-- > after;) out.push_back(transpose(e[i]));
  return out;
}

Tensor integral(const SharedBasis& basis, const Tensor& a, const Tensors& e) {
  Tensor value = kernels::operator_integral(basis->f.f, basis->w, basis->v, e);
  if (!e.empty() && basis->f.domain != SpectralFunction::Domain::all && !all_finite(value)) {
    bool given = true;
    for (const Tensor& t : e) given = given && all_finite(t);
    check<LinAlgError>(!given, basis->f.name, ": a matrix of ", a, " has an eigenvalue 0, at which the function has no derivative");
  }
  if (value.dtype() != a.dtype()) value = kernels::to(value, a.dtype());
  Tensors inputs{a};
  inputs.insert(inputs.end(), e.begin(), e.end());
  return custom_vjp("spectral_function", value, inputs, [basis](const Tensors& grads, const Tensors& in, const Tensors&, Needs needs) {
    Tensors e(in.begin() + 1, in.end()), out(in.size());
    if (needs[0])
      for (size_t j = 0; j <= e.size(); j++) {
        Tensor part = integral(basis, in[0], around(e, j, j, grads[0]));
        out[0] = out[0].defined() ? out[0] + part : part;
      }
    for (size_t j = 0; j < e.size(); j++)
      if (needs[int(j) + 1]) out[j + 1] = integral(basis, in[0], around(e, j, j + 1, grads[0]));
    return out;
  });
}

double factorial_ratio(double p, size_t m) { return (p - double(m) + 1) / double(m); }

// (*, n) eigenvalues inside f's domain; those outside by rounding become 0.
Tensor inside_domain(const SpectralFunction& f, const Tensor& w, double precision) {
  if (f.domain == SpectralFunction::Domain::all || w.numel() == 0) return w;
  Tensor limit = amax(abs(w), {-1}, true) * (8.0 * double(w.size(-1)) * precision);
  Tensor outside = f.domain == SpectralFunction::Domain::positive ? kernels::le(w, 0) : kernels::lt(w, -limit);
  if (kernels::any(outside).item<bool>()) {
    int64_t at = kernels::argmax(kernels::to(outside, DType::int64)).item<int64_t>(), n = w.size(-1);
    Shape place = w.shape().slice(0, -1);
    for (int64_t d = place.size() - 1, i = at / n; d >= 0; d--) {
      int64_t size = place[int(d)];
      place[int(d)] = i % size, i /= size;
    }
    throw LinAlgError(text(f.name, ": ", place.empty() ? std::string("the matrix") : text("matrix ", place, " of the batch"), " is not positive ",
                           f.domain == SpectralFunction::Domain::positive ? "definite" : "semidefinite", ": it has the eigenvalue ", w.to_vector<double>()[size_t(at)]));
  }
  return clamp(w, Scalar(0.0));
}

}  // namespace

SpectralFunction spectral_power(double p) {
  using Domain = SpectralFunction::Domain;
  auto taylor = [p](double c, std::span<double> a) {
    a[0] = std::pow(c, p);
    for (size_t m = 1; m < a.size(); m++) {
      if (c != 0) a[m] = a[m - 1] * factorial_ratio(p, m) / c;
      else a[m] = double(m) == p ? 1 : double(m) < p || p == std::floor(p) ? 0 : INFINITY;
    }
  };
  bool whole = p >= 0 && p == std::floor(p);
  return {text("symmetric power ", p), {taylor, [](double c) { return std::abs(c); }}, whole ? Domain::all : p > 0 ? Domain::nonnegative : Domain::positive};
}

SpectralFunction spectral_log() {
  auto taylor = [](double c, std::span<double> a) {
    a[0] = std::log(c);
    double power = -1;
    for (size_t m = 1; m < a.size(); m++) power /= -c, a[m] = power / double(m);
  };
  return {"logm", {taylor, [](double c) { return std::abs(c); }}, SpectralFunction::Domain::positive};
}

SpectralFunction spectral_exp() {
  auto taylor = [](double c, std::span<double> a) {
    a[0] = std::exp(c);
    for (size_t m = 1; m < a.size(); m++) a[m] = a[m - 1] / double(m);
  };
  return {"symmetric_exp", {taylor, [](double) { return 4.0; }}};  // entire: 4 keeps the series short
}

SpectralFunction odd_power(double p) {
  auto taylor = [p](double c, std::span<double> a) {
    double sign = c > 0 ? 1 : c < 0 ? -1 : 0;
    a[0] = sign * std::pow(std::abs(c), p);
    // At 0 the derivative of |x|^p, p > 1, is 0; the higher ones and those of the sign jump, and 0 lies in their middle.
    for (size_t m = 1; m < a.size(); m++) a[m] = c != 0 ? a[m - 1] * factorial_ratio(p, m) / c : m == 1 && p == 1 ? 1 : 0;
  };
  return {text("odd power ", p), {taylor, [](double c) { return std::abs(c); }}};
}

Tensor spectral_function(const Tensor& a, const SpectralFunction& f) {
  check<ShapeError>(a.dim() >= 2 && a.size(-1) == a.size(-2), f.name, ": expected square matrices but the shape is ", a.shape());
  check<DTypeError>(is_floating(a.dtype()), f.name, ": expected float32 or float64 but the input is ", a.dtype());
  Tensor s = symmetric_part(a);
  auto [w, v] = kernels::eigh(kernels::to(s.detach(), DType::float64));
  return integral(std::make_shared<const Basis>(Basis{f, inside_domain(f, w, precision_of(a.dtype())), v}), s, {});
}

// [[0, A], [A^T, 0]] has the eigenvalues s, -s and zeros, with the vectors (u, v) / sqrt 2, (u, -v) / sqrt 2, and those of U and V that
// are left over; f of it holds f(A) in its corner. Singular values that are zero but for rounding become 0.
Tensor singular_value_function(const Tensor& a, const SpectralFunction& f) {
  check<ShapeError>(a.dim() >= 2, f.name, ": expected a matrix or a batch of matrices (*, m, n) but the shape is ", a.shape());
  check<DTypeError>(is_floating(a.dtype()), f.name, ": expected float32 or float64 but the input is ", a.dtype());
  int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
  Shape batch = a.shape().slice(0, -2);
  auto zeros_of = [&](int64_t r, int64_t c, DType t) { return zeros(batch.concat({r, c}), t); };
  SharedBasis basis;
  {
    NoGrad off;
    auto [u, s, vh] = kernels::svd(kernels::to(a.detach(), DType::float64), true);
    if (k > 0) s = where(kernels::le(s, amax(s, {-1}, true) * (double(std::max(m, n)) * precision_of(a.dtype()))), 0.0, s);
    Tensor vectors = transpose(vh), left = narrow(u, -1, 0, k) * std::sqrt(0.5), right = narrow(vectors, -1, 0, k) * std::sqrt(0.5);
    Tensor upper = cat({left, left, narrow(u, -1, k, m - k), zeros_of(m, n - k, DType::float64)}, -1);
    Tensor lower = cat({right, -right, zeros_of(n, m - k, DType::float64), narrow(vectors, -1, k, n - k)}, -1);
    basis = std::make_shared<const Basis>(Basis{f, cat({s, -s, zeros(batch.concat({m + n - 2 * k}), DType::float64)}, -1), cat({upper, lower}, -2)});
  }
  Tensor wide = block(zeros_of(m, m, a.dtype()), a, transpose(a), zeros_of(n, n, a.dtype()));
  return narrow(narrow(integral(basis, wide, {}), -2, 0, m), -1, m, n);
}

namespace {
SpectralFunction named(SpectralFunction f, const char* name) {
  f.name = name;
  return f;
}
}  // namespace

Tensor sqrtm(const Tensor& a) { return spectral_function(a, named(spectral_power(0.5), "sqrtm")); }
Tensor inverse_sqrtm(const Tensor& a) { return spectral_function(a, named(spectral_power(-0.5), "inverse_sqrtm")); }
Tensor logm(const Tensor& a) { return spectral_function(a, spectral_log()); }
Tensor spd_power(const Tensor& a, double p) { return spectral_function(a, named(spectral_power(p), "spd_power")); }
Tensor symmetric_exp(const Tensor& a) { return spectral_function(a, spectral_exp()); }
Tensor polar(const Tensor& a) { return singular_value_function(a, named(odd_power(0), "polar")); }
Tensor eigh_reconstruct(const Tensor& a) { return spectral_function(a, named(spectral_power(2), "eigh_reconstruct")); }
Tensor svd_reconstruct(const Tensor& a) { return singular_value_function(a, named(odd_power(2), "svd_reconstruct")); }

}  // namespace tare
