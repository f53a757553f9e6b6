// PSGD: Curvature-Informed SGD via General Purpose Lie-Group Preconditioners (Pooladzandi and Li, 2024, arXiv:2402.04553; the Kronecker form: Li, 2018,
// arXiv:1512.04202). A preconditioner P = Q^T Q is learned from pairs (v, h = H v), v random, by descending E[h^T P h + v^T P^-1 v]: its solution is |H|^-1. Q is
// an element of a Lie group and is updated by multiplication, so that neither damping nor a line search is needed.
//
//   each step: g, v ~ N(0, I), h = H v; update Q; m <- momentum m + (1 - momentum) g, p = P m, w <- w - lr min(1, grad_clip_max_norm / |p|) p
//
// preconditioner, over all parameters as one vector x of length N, flip(x) its reverse:
//   "xmat":  Q = diag(a) + antidiag(b)
//            q = Q^-T v;  nA = (Qh)^2 - q^2,  nB = Qh flip(Qh) - q flip(q)  (0 in the middle)
//            a <- a - mu (nA a + nB flip(b)),  b <- b - mu (nB flip(a) + nA b)
//   "lra":   Q = (I + U V^T) diag(d), U and V (N, rank)
//   and for each tensor as a matrix X (rows, rest):
//   "kron":  P X = Q1^T Q1 X Q2^T Q2, Q1 and Q2 upper triangular (diagonal for axes longer than max_size_triangular)
//            A = Q1 H Q2^T, B = Q1^-T V Q2^-1;  Q1 <- Q1 - mu triu(A A^T - B B^T) Q1,  Q2 <- Q2 - mu triu(A^T A - B^T B) Q2
// mu = lr_preconditioner over a bound of the curvature (step_normalizer "2nd") or over the largest entry of the gradient ("1st").
//
// preconditioner_type "whitening" takes h = g: P becomes the inverse root of the gradients' second moment. Without exact_hessian_vector_product, h is a forward
// difference along v sqrt(machine precision).
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct PSGDOptions {
  std::string preconditioner = "xmat";  ///< "xmat", "lra" or "kron"
  int64_t rank = 10;                    ///< of "lra"
  double lr = 0.01;
  std::optional<double> lr_preconditioner{};  ///< absent: 0.1 for "2nd", 0.01 for "1st"
  double momentum = 0;                        ///< in [0, 1)
  std::optional<double> grad_clip_max_norm{};
  double preconditioner_update_probability = 1;
  std::string step_normalizer = "2nd";         ///< or "1st"
  bool exact_hessian_vector_product = true;
  std::string preconditioner_type = "newton";  ///< or "whitening"
  std::optional<double> init_scale{};          ///< Q starts as this times I; absent: ((v.v) / (h.h))^(1/4) at the first step
  int64_t max_size_triangular = 1024;          ///< of "kron"
  int64_t seed = 0;                            ///< of v and the choices
  void visit(Visitor& v);
};

/// Needs step(closure), except for "whitening"; with random layers the closure must draw the same numbers at each call.
class PSGD : public Method<PSGD, PSGDOptions> {
 public:
  static constexpr std::string_view type = "PSGD";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return options().preconditioner_type == "newton"; }
  void visit_global_state(Visitor& v) override;
  void move_state(const std::vector<int64_t>& old_index_of_new) override;
  static void check_options(const PSGDOptions& o);

  /// P x, x over all parameters as one vector.
  Tensor precondition(const ParameterList& params, const Tensor& x) const;

 private:
  void start(const ParameterList& params, const Tensor& v, const Tensor& h, Generator& random);
  void update(const ParameterList& params, const Tensor& v, const Tensor& h, Generator& random);
  double rate() const;
  /// h for v, and the gradient at the weights; v may be rescaled.
  Tensor curvature(Step& s, Tensor& v, Tensor& g) const;

  Tensors factors_;  // a, b | U, V, d | Q1, Q2 of every tensor
  Tensor momentum_;
  int64_t position_ = 0;
};

// The updates and products themselves. Vectors (N), or columns (N, 1), of v, h, g, d.
struct XMat {
  Tensor a, b;
};
XMat psgd_xmat_update(const Tensor& a, const Tensor& b, const Tensor& v, const Tensor& h, double lr_preconditioner = 0.1, std::string_view normalizer = "2nd");
Tensor psgd_xmat_precondition(const Tensor& a, const Tensor& b, const Tensor& g);

struct LowRank {
  Tensor u, v, d;
};
/// d and then U or V, as `which` says.
LowRank psgd_lra_update(const LowRank& q, const Tensor& v, const Tensor& h, std::string_view which, double lr_preconditioner = 0.1,
                        std::string_view normalizer = "2nd");
Tensor psgd_lra_precondition(const LowRank& q, const Tensor& g);

struct Kron {
  Tensor q1, q2;  ///< upper triangular matrices, or vectors: diagonals
};
/// v, h: matrices.
Kron psgd_kron_update(const Kron& q, const Tensor& v, const Tensor& h, double lr_preconditioner = 0.1, std::string_view normalizer = "2nd");
Tensor psgd_kron_precondition(const Kron& q, const Tensor& g);

extern template class Method<PSGD, PSGDOptions>;

}  // namespace tare::optim
