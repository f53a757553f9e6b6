// Gradient Multi-Normalization for Stateless and Scalable LLM Training (Scetbon et al., 2025, arXiv:2502.06742): a gradient matrix is brought to
// several norms at once by alternating projections, and a plain step follows. No state at all.
//
//   P_row(X) = sqrt(n) X / |rows|,  P_column(X) = sqrt(m) X / |columns|,  P_frobenius(X) = sqrt(m n) X / |X|,  P_sign(X) = sign(X),
//   P_spectral(X) = sqrt(max(m, n)) U V^T, X = U S V^T                 X: m x n; each gives a Frobenius norm of sqrt(m n)
//   MultiNorm(X; norms, L):  L times: X <- P_norm(X) for each norm in order.  SR-Sinkhorn: norms (row, column)
//   MultiNormGD, SinkGD:     w <- (1 - lr weight_decay) w - lr MultiNorm(g)
//
// The last norm holds exactly. Denominators are at least 1e-15; a zero row stays zero. Convolutions count as (out, rest); vectors take
// sqrt(numel) g / |g|, and weight decay is ours. The paper trains embeddings, norms and the last layer with Adam: use parameter groups.
#pragma once

#include "optim/method.h"

namespace tare::optim {

/// MultiNorm of a matrix. norms: "row", "column", "frobenius", "sign", "spectral". Throws ConfigError for another name, ShapeError unless x has 2 axes.
Tensor multi_normalize(const Tensor& x, const std::vector<std::string>& norms, int64_t num_iters = 5);
Tensor sr_sinkhorn(const Tensor& x, int64_t num_iters = 5);

struct SinkGDOptions {
  double lr = 1e-2;
  int64_t num_iters = 5;    ///< at least 1
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

class SinkGD : public PerParameter<SinkGD, SinkGDOptions> {
 public:
  static constexpr std::string_view type = "SinkGD";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, const Tensor& g, NoState&, const SinkGDOptions& o);
  static void check_options(const SinkGDOptions& o);
};

struct MultiNormGDOptions {
  double lr = 1e-2;
  std::vector<std::string> norms = {"row", "column"};
  int64_t num_iters = 5;
  double weight_decay = 0;
  void visit(Visitor& v);
};

class MultiNormGD : public PerParameter<MultiNormGD, MultiNormGDOptions> {
 public:
  static constexpr std::string_view type = "MultiNormGD";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, const Tensor& g, NoState&, const MultiNormGDOptions& o);
  static void check_options(const MultiNormGDOptions& o);
};

/// w <- (1 - lr weight_decay) w - lr u, with u the matrix rule of g seen as (out, rest), or sqrt(numel) g / |g| for vectors and numbers.
void stateless_step(const Tensor& w, const Tensor& g, double lr, double weight_decay, const std::function<Tensor(const Tensor&)>& matrix_rule);

extern template class Method<SinkGD, SinkGDOptions>;
extern template class Method<MultiNormGD, MultiNormGDOptions>;

}  // namespace tare::optim
