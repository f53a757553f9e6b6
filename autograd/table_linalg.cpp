// Linear algebra and complex numbers.
#include "autograd/ops/complex.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/spectral.h"
#include "autograd/ops/tubal.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::transposed;
using samples::with;
using Samples = std::vector<FunctionSample>;

Tensor a(const Shape& s) { return spread(s); }
Tensor b(const Shape& s) { return spread(s, -2, 2, 1); }

// Random-looking matrices with a heavy diagonal: regular, with distinct eigenvalues.
Tensor regular(const Shape& s) {
  Tensor t = spread(s, -1, 1, 3);
  int64_t n = s.back();
  for (int64_t i = 0; i < t.numel() / n; i++) t.mutable_data<double>()[i * n + i % n] += 2.5 + double(i % n);
  return t;
}
// The same numbers in another memory order.
Tensor turned(const Shape& s) {
  Tensor t = regular(s);
  Shape strides = t.strides();
  std::swap(strides[s.size() - 1], strides[s.size() - 2]);
  return view_of(t, s, strides, 0);
}
Tensor numbers(std::initializer_list<double> v, const Shape& s) { return from_vector(std::vector<double>(v), s, DType::float64); }
// One eigenvalue twice; two of them; a singular matrix; one whose nullity is 2.
Tensor twice() { return numbers({3, 1, 1, 1, 3, 1, 1, 1, 3}, {3, 3}); }
Tensor multiple() { return numbers({2, 0, 0, 0, 2, 0, 0, 0, 2}, {3, 3}); }
Tensor singular() { return numbers({1, 2, 3, 4, 5, 6, 7, 8, 9}, {3, 3}); }
Tensor rank_one() { return numbers({1, 2, 3, 2, 4, 6, -1, -2, -3}, {3, 3}); }

Samples square_samples() { return {{{regular({3, 3})}}, {{regular({2, 2, 2})}}, {{turned({3, 3})}}, {{a({0, 0})}}, {{a({0, 2, 2})}}, {{regular({1, 1})}}}; }
Samples any_matrix() { return {{{a({3, 3})}}, {{a({2, 3, 2})}}, {{transposed({2, 3})}}, {{a({0, 3})}}, {{a({0, 2, 2})}}}; }
Samples spectral_samples() {
  Samples all = square_samples();
  all.push_back({{twice()}});
  all.push_back({{multiple()}});
  return all;
}
Samples thin(Samples all) {
  for (FunctionSample& s : all) s.options = with({{"full_matrices", false}});
  return all;
}
Samples det_samples() {
  Samples all = square_samples();
  for (const Tensor& t : {singular(), rank_one(), numbers({0, 0, 0, 0}, {2, 2}), numbers({1, 0, 0, 2, 0, 0, 0, 0}, {2, 2, 2})}) all.push_back({{t}});
  return all;
}
Samples solve_samples() {
  return {{{regular({3, 3}), b({3, 2})}},       {{regular({3, 3}), b({3})}},          {{regular({2, 2, 2}), b({2, 2})}},
          {{turned({2, 2}), b({3, 2, 1})}},     {{regular({2, 2}), b({3, 2})}, with({{"left", false}})}, {{a({0, 0}), b({0, 2})}},
          {{regular({2, 2, 2}), transposed({2, 3})}}};
}
Samples triangular_samples() {
  Samples all;
  for (bool upper : {false, true})
    for (bool left : {false, true}) all.push_back({{regular({3, 3}), left ? b({3, 2}) : b({2, 3})}, with({{"upper", upper}, {"left", left}})});
  all.push_back({{regular({2, 2, 2}), b({2, 1})}, with({{"upper", true}, {"unitriangular", true}})});
  all.push_back({{turned({3, 3}), b({3})}, with({{"upper", false}})});
  return all;
}
Samples norm_samples() {
  Samples all;
  for (const char* ord : {"fro", "nuc", "inf", "-inf"}) all.push_back({{a({3, 2})}, with({{"ord", ord}})});
  for (int ord : {1, -1, 2, -2}) all.push_back({{a({2, 3, 2})}, with({{"ord", ord}, {"keepdim", true}})});
  all.push_back({{a({2, 3, 2})}, with({{"ord", "nuc"}, {"dim", Json::Array{0, 2}}})});
  all.push_back({{multiple()}, with({{"ord", "nuc"}})});
  all.push_back({{a({0, 3})}, with({{"ord", 2}})});
  return all;
}
Samples cond_samples() {
  Samples all{{{regular({3, 3})}}, {{a({2, 3, 2})}, with({{"p", -2}})}};
  for (const char* p : {"fro", "nuc", "inf"}) all.push_back({{regular({2, 2, 2})}, with({{"p", p}})});
  all.push_back({{regular({3, 3})}, with({{"p", 1}})});
  return all;
}

// An order that is a name or a number.
bool is_word(Keywords& o, const char* key) { return o.json(key).is_string() && o.json(key).as_string() != "inf" && o.json(key).as_string() != "-inf"; }
Tensors call_matrix_norm(const Inputs& x, Keywords& o) {
  Shape dim = o.shape("dim", {-2, -1});
  bool keepdim = o.flag("keepdim", false);
  if (!o.has("ord") || is_word(o, "ord")) return {matrix_norm(x[0], o.word("ord", "fro"), dim, keepdim)};
  return {matrix_norm(x[0], o.real("ord"), dim, keepdim)};
}
Tensors call_cond(const Inputs& x, Keywords& o) {
  if (is_word(o, "p")) return {cond(x[0], o.word("p"))};
  return {cond(x[0], o.real("p", 2))};
}
Tensors call_svd(const Inputs& x, Keywords& o) {
  auto [u, s, vh] = svd(x[0], o.flag("full_matrices", true));
  return {u, s, vh};
}
Tensors call_newton_schulz(const Inputs& x, Keywords& o) {
  std::vector<double> c = o.has("coefficients") ? o.reals("coefficients") : std::vector<double>{3.4445, -4.7750, 2.0315};
  check<ConfigError>(c.size() == 3, "newton_schulz.coefficients: expected 3 numbers, not ", c.size());
  return {newton_schulz(x[0], o.integer("steps", 5), {c[0], c[1], c[2]}, o.real("eps", 1e-7))};
}
Tensors call_lanczos(const Inputs& x, Keywords& o) {
  Lanczos l = lanczos([&](const Tensor& v) { return matmul(x[0], v); }, x[1], o.integer("steps"));
  return {l.diagonal, l.off_diagonal, l.basis};
}
Tensors pair(std::pair<Tensor, Tensor> p) { return {p.first, p.second}; }

const Function kLinalg[] = {
    {"cholesky", [](const Inputs& x, Keywords& o) -> Tensors { return {cholesky(x[0], o.flag("upper", false))}; }, [] { Samples s = square_samples(); s.push_back({{regular({3, 3})}, with({{"upper", true}})}); return s; }, Gradient::exact, "The triangular factor of a symmetric positive definite matrix."},
    {"cholesky_solve", [](const Inputs& x, Keywords& o) -> Tensors { return {cholesky_solve(x[0], x[1], o.flag("upper", false))}; }, [] { return Samples{{{b({3, 2}), regular({3, 3})}}, {{b({2, 2, 1}), regular({2, 2})}, with({{"upper", true}})}}; }, Gradient::exact, "The solution of a system whose Cholesky factor is known."},
    {"complex", [](const Inputs& x, Keywords&) -> Tensors { return {complex(x[0], x[1])}; }, [] { return Samples{{{a({3}), b({3})}}, {{a({2, 1}), b({3})}}}; }, Gradient::exact, "Complex numbers from real and imaginary parts."},
    {"complex_abs", [](const Inputs& x, Keywords&) -> Tensors { return {complex_abs(x[0])}; }, [] { return Samples{{{a({3, 2})}}, {{a({0, 2})}}, {{a({2})}}}; }, Gradient::exact, "Moduli of complex numbers."},
    {"complex_angle", [](const Inputs& x, Keywords&) -> Tensors { return {complex_angle(x[0])}; }, [] { return Samples{{{a({3, 2})}}, {{a({2})}}}; }, Gradient::exact, "Angles of complex numbers."},
    {"complex_conj", [](const Inputs& x, Keywords&) -> Tensors { return {complex_conj(x[0])}; }, [] { return Samples{{{a({3, 2})}}}; }, Gradient::exact, "Conjugate complex numbers."},
    {"complex_mul", [](const Inputs& x, Keywords&) -> Tensors { return {complex_mul(x[0], x[1])}; }, [] { return Samples{{{a({3, 2}), b({3, 2})}}, {{a({2, 1, 2}), b({3, 2})}}, {{a({0, 2}), b({2})}}}; }, Gradient::exact, "Products of complex numbers."},
    {"cond", call_cond, cond_samples, Gradient::exact, "The condition number of a matrix."},
    {"det", [](const Inputs& x, Keywords&) -> Tensors { return {det(x[0])}; }, det_samples, Gradient::exact, "The determinant."},
    {"eigh", [](const Inputs& x, Keywords&) { return pair(eigh(x[0])); }, square_samples, Gradient::exact, "Eigenvalues and eigenvectors of a symmetric matrix."},
    {"eigh_reconstruct", [](const Inputs& x, Keywords&) -> Tensors { return {eigh_reconstruct(x[0])}; }, spectral_samples, Gradient::exact, "V diag(w^2) V^T of a symmetric matrix."},
    {"eigvals", [](const Inputs& x, Keywords&) -> Tensors { return {eigvals(x[0])}; }, [] { Samples s = square_samples(); s.push_back({{a({3, 3})}}); return s; }, Gradient::exact, "Eigenvalues of any square matrix, as pairs."},
    {"eigvals_abs", [](const Inputs& x, Keywords&) -> Tensors { return {eigvals_abs(x[0])}; }, square_samples, Gradient::exact, "Moduli of eigenvalues, descending."},
    {"eigvalsh", [](const Inputs& x, Keywords&) -> Tensors { return {eigvalsh(x[0])}; }, square_samples, Gradient::exact, "Eigenvalues of a symmetric matrix, ascending."},
    {"inv", [](const Inputs& x, Keywords&) -> Tensors { return {inv(x[0])}; }, square_samples, Gradient::exact, "The inverse."},
    {"inverse_sqrtm", [](const Inputs& x, Keywords&) -> Tensors { return {inverse_sqrtm(x[0])}; }, spectral_samples, Gradient::exact, "The inverse square root of a symmetric positive definite matrix."},
    {"lanczos", call_lanczos, nullptr, Gradient::none, "Lanczos' tridiagonal form: diagonal, off-diagonal, basis."},
    {"logdet", [](const Inputs& x, Keywords&) -> Tensors { return {logdet(x[0])}; }, square_samples, Gradient::exact, "The logarithm of the determinant."},
    {"logm", [](const Inputs& x, Keywords&) -> Tensors { return {logm(x[0])}; }, spectral_samples, Gradient::exact, "The logarithm of a symmetric positive definite matrix."},
    {"lstsq", [](const Inputs& x, Keywords& o) -> Tensors { return {lstsq(x[0], x[1], o.maybe_real("rcond"))}; }, [] { return Samples{{{a({4, 2}), b({4, 1})}}, {{a({2, 3}), b({2, 2})}}, {{a({2, 3, 2}), b({2, 3})}}, {{a({3, 0}), b({3, 2})}}}; }, Gradient::exact, "The shortest least-squares solution."},
    {"matrix_exp", [](const Inputs& x, Keywords&) -> Tensors { return {matrix_exp(x[0])}; }, [] { Samples s = any_matrix(); s.erase(s.begin() + 1, s.begin() + 4); s.push_back({{a({2, 2, 2})}}); s.push_back({{a({0, 0})}}); return s; }, Gradient::exact, "The exponential of a square matrix."},
    {"matrix_norm", call_matrix_norm, norm_samples, Gradient::exact, "A norm of matrices."},
    {"matrix_power", [](const Inputs& x, Keywords& o) -> Tensors { return {matrix_power(x[0], o.integer("n"))}; }, [] { return Samples{{{a({2, 2})}, with({{"n", 3}})}, {{regular({2, 2, 2})}, with({{"n", -2}})}, {{a({2, 2})}, with({{"n", 0}})}}; }, Gradient::exact, "A whole power of a square matrix."},
    {"matrix_rank", [](const Inputs& x, Keywords& o) -> Tensors { std::optional<double> atol = o.has("atol") ? o.maybe_real("atol") : o.maybe_real("tol"); return {matrix_rank(x[0], atol, o.maybe_real("rtol"))}; }, nullptr, Gradient::none, "The number of singular values that are not zero."},
    {"newton_schulz", call_newton_schulz, [] { return Samples{{{a({2, 3})}, with({{"steps", 2}})}, {{a({2, 3, 2})}, with({{"steps", 2}, {"coefficients", Json::Array{1.5, -0.5, 0.0}}})}}; }, Gradient::exact, "A nearly orthogonal matrix by Newton and Schulz's iteration."},
    {"pinv", [](const Inputs& x, Keywords& o) -> Tensors { return {pinv(x[0], o.maybe_real("atol"), o.maybe_real("rtol"))}; }, any_matrix, Gradient::exact, "Moore and Penrose's inverse."},
    {"polar", [](const Inputs& x, Keywords&) -> Tensors { return {polar(x[0])}; }, [] { Samples s = any_matrix(); s.push_back({{multiple()}}); return s; }, Gradient::exact, "The orthogonal polar factor."},
    {"power_iteration", [](const Inputs& x, Keywords& o) -> Tensors { auto [sigma, u, v] = power_iteration(x[0], x[1], o.integer("steps", 1), o.real("eps", 1e-12)); return {sigma, u, v}; }, nullptr, Gradient::approximate, "The largest singular value and its vectors."},
    {"qr", [](const Inputs& x, Keywords&) { return pair(qr(x[0])); }, [] { Samples s = any_matrix(); s.push_back({{a({2, 0})}}); return s; }, Gradient::exact, "An orthogonal matrix times an upper triangular one."},
    {"slogdet", [](const Inputs& x, Keywords&) { return pair(slogdet(x[0])); }, square_samples, Gradient::exact, "Sign and logarithm of the determinant's modulus."},
    {"solve", [](const Inputs& x, Keywords& o) -> Tensors { return {solve(x[0], x[1], o.flag("left", true))}; }, solve_samples, Gradient::exact, "The solution of a system of equations."},
    {"solve_triangular", [](const Inputs& x, Keywords& o) -> Tensors { return {solve_triangular(x[0], x[1], o.flag("upper", false), o.flag("left", true), o.flag("unitriangular", false))}; }, triangular_samples, Gradient::exact, "The solution of a triangular system."},
    {"spd_power", [](const Inputs& x, Keywords& o) -> Tensors { return {spd_power(x[0], o.real("p"))}; }, [] { return Samples{{{twice()}, with({{"p", 1.5}})}, {{regular({2, 2, 2})}, with({{"p", -1}})}}; }, Gradient::exact, "A power of a symmetric positive definite matrix."},
    {"sqrtm", [](const Inputs& x, Keywords&) -> Tensors { return {sqrtm(x[0])}; }, spectral_samples, Gradient::exact, "The square root of a symmetric positive definite matrix."},
    {"svd", call_svd, [] { Samples s = thin(any_matrix()); s.push_back({{regular({3, 3})}}); return s; }, Gradient::exact, "Singular values and vectors."},
    {"svd_reconstruct", [](const Inputs& x, Keywords&) -> Tensors { return {svd_reconstruct(x[0])}; }, [] { Samples s = any_matrix(); s.push_back({{multiple()}}); return s; }, Gradient::exact, "U diag(s^2) V^T of any matrix."},
    {"svdvals", [](const Inputs& x, Keywords&) -> Tensors { return {svdvals(x[0])}; }, any_matrix, Gradient::exact, "Singular values, descending."},
    {"symmetric_exp", [](const Inputs& x, Keywords&) -> Tensors { return {symmetric_exp(x[0])}; }, [] { return Samples{{{spread({3, 3}, -1, 1)}}, {{multiple()}}, {{twice()}}}; }, Gradient::exact, "The exponential of a symmetric matrix."},
    {"t_product", [](const Inputs& x, Keywords&) -> Tensors { return {t_product(x[0], x[1])}; }, [] { return Samples{{{a({2, 3, 3}), b({3, 2, 3})}}, {{a({2, 1, 1}), b({1, 3, 1})}}, {{a({0, 2, 2}), b({2, 1, 2})}}}; }, Gradient::exact, "The product of two matrices of tubes.", "tubal_factorization"},
    {"t_transpose", [](const Inputs& x, Keywords&) -> Tensors { return {t_transpose(x[0])}; }, [] { return Samples{{{a({2, 3, 3})}}, {{a({2, 1, 1})}}}; }, Gradient::exact, "The transpose of a matrix of tubes.", "tubal_factorization"},
    {"vector_norm", [](const Inputs& x, Keywords& o) -> Tensors { return {vector_norm(x[0], o.real("ord", 2), o.shape("dim", {}), o.flag("keepdim", false))}; }, [] { return Samples{{{a({3, 2})}}, {{a({3, 2})}, with({{"ord", 3}, {"dim", 1}})}, {{a({3, 2})}, with({{"ord", "-inf"}, {"dim", 0}, {"keepdim", true}})}}; }, Gradient::exact, "A norm of vectors along axes."},
};

}  // namespace

std::span<const Function> linalg() { return kLinalg; }

}  // namespace tare::tables
