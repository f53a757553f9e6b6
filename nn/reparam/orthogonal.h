// Orthogonal: a weight with orthonormal columns (rows where it is wide), over free numbers.
//
// The weight is seen as a matrix n x k, n >= k (a wide one is transposed throughout); X, of its shape, is the raw tensor, and A = L - L^T with L the strict lower
// triangle of [X, 0] (n x n):
//     matrix_exp:   Q = exp(A)                               (Lezcano-Casado and Martinez-Rubio 2019, arXiv:1901.08428)
//     cayley:       Q = (I - A / 2)^-1 (I + A / 2)           (Helfrich, Willmott and Ye 2018, arXiv:1707.09520)
//     householder:  Q = H_1 ... H_k, H_j = I - 2 v_j v_j^T / |v_j|^2, v_j = e_j + X[j+1:, j]      (Mhammedi et al. 2017, arXiv:1612.00188)
// weight = base (Q's first k columns); the householder columns times the signs on X's diagonal, which get no gradient. This is
// torch.nn.utils.parametrizations.orthogonal with its trivialization: base (n x n) is a buffer, made at the start from the nearest orthogonal matrix to the
// present weight (the orthogonal factor of its polar decomposition) and completed to a square one, and X starts where Q is the identity. Same in training and
// evaluation. A rank-deficient weight has no nearest orthogonal matrix: it is refused.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct OrthogonalOptions {
  enum class Map { matrix_exp, cayley, householder };
  Map map = Map::matrix_exp;
  void visit(Visitor& v);
};

class Orthogonal : public Reparam<Orthogonal> {
 public:
  static constexpr std::string_view type = "Orthogonal";
  using Options = OrthogonalOptions;
  explicit Orthogonal(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  void visit(Visitor& visitor) override;

  Options options;
  Parameter x;   ///< "weight_orig": X, in the weight's shape
  Buffer base;   ///< (n, n), or empty: the identity
};

extern template class Reparam<Orthogonal>;

}  // namespace tare::nn
