// Gradient-Normalized Smoothness for Optimization with Approximate Hessians (Semenov, Jaggi, Doikov, 2025, arXiv:2506.13710): Newton's method with an approximate
// Hessian, regularized by the gradient's norm.
//
//   repeat up to max_search + 1 times:
//     lambda = |g| / (gamma + eps),   d = -(H + lambda I)^-1 g
//     if f(w) - f(w + d) >= |g(w + d)|^2 / (8 lambda):  gamma <- max(2 gamma, gamma_min), done;   otherwise gamma <- gamma / 2
//   w <- w + d        (the last one tried if none was accepted)
//
// gamma estimates how far the gradient's linear model holds, relative to |g|; it is doubled after EVERY accepted step. Nothing moves once |g| < tol.
//
// hessian: what H is.
//   "exact"         all of it; where H + lambda I is not positive definite, lambda grows
//   "gauss_newton"  of f = |u|^p / p, u the residuals: |u|^(p-2) J^T J + (p-2) |u|^(p-4) (J^T u)(J^T u)^T
//   "fisher"        the second term of that alone; of a closure that returns a loss for each sample, with no residuals given, 1/n sum g_i g_i^T
//   "zero"          normalized gradient descent: d = -gamma g / |g|
// or a callback of one's own. solver: "cholesky" makes H (n products for the exact one), "cg" only multiplies by it, "auto" is Cholesky for up to 500
// parameters. Use float64: the test fails near the optimum
// in float32.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct GradNormSmoothOptions {
  double gamma_0 = 1;
  double eps = 1e-8;
  double gamma_min = 1e-9;
  int64_t max_search = 40;
  bool adaptive = true;               ///< false: gamma stays gamma_0 and every step is taken
  double tol = 1e-8;                  ///< of |g|
  std::string hessian = "exact";      ///< "exact", "gauss_newton", "fisher" or "zero"
  std::string solver = "auto";        ///< "auto", "cholesky" or "cg"
  double p = 2;                       ///< of f = |u|^p / p
  void visit(Visitor& v);
};

/// Needs step(closure).
class GradNormSmooth : public Method<GradNormSmooth, GradNormSmoothOptions> {
 public:
  static constexpr std::string_view type = "GradNormSmooth";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  void visit_global_state(Visitor& v) override;
  static void check_options(const GradNormSmoothOptions& o);

  std::function<Tensor()> hess{};       ///< H at the present weights, (n, n) over all parameters; takes the place of `hessian`
  std::function<Tensor()> residuals{};  ///< u at the present weights, a vector
  double gamma() const { return gamma_ > 0 ? gamma_ : options().gamma_0; }
  int64_t gradient_evaluations() const { return evaluations_; }
  int64_t factorizations() const { return factorizations_; }

 private:
  double gamma_ = 0;  // 0: gamma_0, not yet begun
  int64_t step_ = 0, evaluations_ = 0, factorizations_ = 0;
};

/// x with map(x) + lambda x = b by conjugate gradients, to a residual of `tol` |b| in at most `most` products; undefined when the map turns out not to be positive
/// definite.
Tensor conjugate_gradients(const std::function<Tensor(const Tensor&)>& map, const Tensor& b, double lambda, double tol = 1e-12, int64_t most = 1000);

extern template class Method<GradNormSmooth, GradNormSmoothOptions>;

}  // namespace tare::optim
