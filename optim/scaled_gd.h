// ScaledGD(lambda): The Power of Preconditioning in Overparameterized Low-Rank Matrix Sensing (Xu et al., 2023, arXiv:2302.01186): a factor's gradient times the
// inverse of the factor's Gram matrix, so that the number of steps does not depend on the condition of the matrix X X^T it represents.
//
//   w <- w - lr g (w^T w + damping I)^-1            w (n, r)
//   for a pair of factors L R^T:   L <- L - lr g_L (R^T R + damping I)^-1,   R <- R - lr g_R (L^T L + damping I)^-1
//
// damping of the order of the smallest nonzero eigenvalue; without it a tiny start explodes. Tensors of more axes count as (out, rest); vectors take plain steps
// (ours).
#pragma once

#include "optim/method.h"
#include "optim/select.h"

namespace tare::optim {

struct ScaledGDOptions {
  double lr = 0.3;
  double damping = 0.1;  ///< at least 0
  NamePairs factors{};   ///< pairs of names (L, R), each preconditioned by the other
  void visit(Visitor& v);
};

class ScaledGD : public Method<ScaledGD, ScaledGDOptions> {
 public:
  static constexpr std::string_view type = "ScaledGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const ScaledGDOptions& o);
};

/// ScaledGD on f(X) = 1/4 |A(X X^T) - y|^2, A(Z)_i = <A_i, Z> with the symmetric part of A_i: a (m, n, n), y (m), x0 (n, r). All iterates after x0: (steps, n, r).
Tensor scaled_gd_matrix_sensing(const Tensor& a, const Tensor& y, const Tensor& x0, double lr, double damping, int64_t steps);

extern template class Method<ScaledGD, ScaledGDOptions>;

}  // namespace tare::optim
