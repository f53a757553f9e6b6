// Curvature of a loss (Gabdullin, 2024, arXiv:2412.10146): H, the Hessian of the mean loss of one fixed batch by all trained parameters, seen through products
// H v alone: the gradient of <g, v>, a second pass through a recorded backward pass. The model evaluates.
//
//   eigenvalues  power iteration with deflation: v <- H v / ||H v||, value v^T H v; finds the largest in absolute value, sign kept
//   trace        Hutchinson: the mean of v^T H v over random signs v
//   spectrum     stochastic Lanczos quadrature (Golub and Welsch, 1969; Ghorbani et al., 2019, arXiv:1901.10159): m steps from random signs give
//                T = Q diag(e) Q^T; Ritz values e_i with weights w_i = (first component of column i)^2;  density(t) = mean over runs sum_i w_i N(t; e_i, sigma^2)
//   criteria     re = |min e / max e|,  Kh_n = |sum_{e<0} (|e_i| w_i)^n / sum_{e>0} (e_i w_i)^n|   the negative part of the spectrum against the positive one:
//                small near a good minimum. Zeros count on neither side; without positive eigenvalues both are infinite
//
// Here Lanczos reorthogonalises against all vectors and has no 1e-6 in its norms: without that ghost eigenvalues appear (the author's library keeps 10 vectors).
// Where power iteration stalls between +l and -l of equal size it goes on from (H + l) v or (H - l) v. Use float64 for small losses.
#pragma once

#include "nn/analysis/objective.h"
#include "nn/layer.h"

namespace tare::nn {

/// H as a map of flat vectors, in the order of the leaves: one recorded gradient, then one backward pass a product.
class HessianMap {
 public:
  /// `loss` is one number on the tape; `leaves` are what it is differentiated by.
  HessianMap(const Tensor& loss, Tensors leaves);
  Tensor operator()(const Tensor& v) const;
  int64_t size() const { return size_; }
  DType dtype() const { return leaves_[0].dtype(); }

 private:
  Tensors leaves_, grads_;
  int64_t size_ = 0;
};

struct Eigenpairs {
  Tensor values;   ///< (top_n), by decreasing absolute value
  Tensor vectors;  ///< (n, top_n), orthonormal columns
};
/// Random starts from the default generator. An eigenvalue is done when it changes by less than tol, relatively, and H v is
/// within 3 sqrt(tol) of value v.
Eigenpairs top_eigenpairs(const HessianMap& h, int64_t top_n = 1, int64_t n_iter = 100, double tol = 1e-3);
/// `exact`: n products with unit vectors; otherwise up to n_iter draws, until the mean changes by less than tol, relatively.
double hessian_trace(const HessianMap& h, bool exact = false, int64_t n_iter = 100, double tol = 1e-3);

struct SpectralDensity {
  Tensor eigenvalues, weights;  ///< (runs, m): ascending; each row of weights sums to 1
  /// At these points (T), as a sum of normal densities of deviation sigma.
  Tensor density(const Tensor& points, double sigma) const;
};
/// m = n_iter, or the number of parameters. Where a Krylov space is exhausted before, its largest value is repeated with weight 0.
SpectralDensity hessian_spectrum(const HessianMap& h, int64_t n_iter = 100, int64_t n_v = 1);

/// Ritz values (m), ascending, and weights (m) of the symmetric matrix a (n, n) from the start vector v0 (n); fewer where the Krylov space is exhausted.
std::pair<Tensor, Tensor> lanczos_esd(const Tensor& a, const Tensor& v0, int64_t n_iter);

struct HessianCriteria {
  double re, khn;
};
/// Eigenvalues and weights (runs, m) or (m): each run's criteria, averaged. Throws ValueError unless n is positive.
HessianCriteria hessian_criteria(const Tensor& eigenvalues, const Tensor& weights, double n = 0.5);

struct HessianVectorProductOptions {
  AnyModule model{};
  std::string loss = "CrossEntropyLoss";
  void visit(Visitor& v);
};
class HessianVectorProduct : public Layer<HessianVectorProduct> {
 public:
  static constexpr std::string_view type = "HessianVectorProduct";
  using Options = HessianVectorProductOptions;
  explicit HessianVectorProduct(Options options);
  /// x, y and v (n), flat in the order of parameters() -> H v (n).
  Tensor forward(const Tensor& x, const Tensor& y, const Tensor& v);
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }
  Options options;
};

struct HessianEigenvaluesOptions {
  AnyModule model{};
  std::string loss = "CrossEntropyLoss";
  int64_t top_n = 1;
  int64_t n_iter = 100;
  double tol = 1e-3;
  void visit(Visitor& v);
};
class HessianEigenvalues : public Layer<HessianEigenvalues> {
 public:
  static constexpr std::string_view type = "HessianEigenvalues";
  using Options = HessianEigenvaluesOptions;
  explicit HessianEigenvalues(Options options);
  /// (top_n), by decreasing absolute value.
  Tensor forward(const Tensor& x, const Tensor& y);
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }
  Options options;
};

struct HessianTraceOptions {
  AnyModule model{};
  std::string loss = "CrossEntropyLoss";
  bool exact = false;
  int64_t n_iter = 100;
  double tol = 1e-3;
  void visit(Visitor& v);
};
class HessianTrace : public Layer<HessianTrace> {
 public:
  static constexpr std::string_view type = "HessianTrace";
  using Options = HessianTraceOptions;
  explicit HessianTrace(Options options);
  Tensor forward(const Tensor& x, const Tensor& y);
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }
  Options options;
};

struct HessianSpectrumOptions {
  AnyModule model{};
  std::string loss = "CrossEntropyLoss";
  int64_t n_iter = 100;  ///< Lanczos steps a run
  int64_t n_v = 1;       ///< runs
  void visit(Visitor& v);
};
class HessianSpectrum : public Layer<HessianSpectrum> {
 public:
  static constexpr std::string_view type = "HessianSpectrum";
  using Options = HessianSpectrumOptions;
  explicit HessianSpectrum(Options options);
  /// Eigenvalues and weights (n_v, m).
  std::pair<Tensor, Tensor> forward(const Tensor& x, const Tensor& y);
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }
  Options options;
};

extern template class Layer<HessianVectorProduct>;
extern template class Layer<HessianEigenvalues>;
extern template class Layer<HessianTrace>;
extern template class Layer<HessianSpectrum>;

}  // namespace tare::nn
