// SWAN: SGD with Normalization and Whitening Enables Stateless LLM Training (Ma et al., 2025, arXiv:2412.13148). For a gradient G (m x n, rows are
// outputs; convolutions as (out, rest)):
//
//   GradNorm:       Gt = (G - mean of each row) / (biased deviation of each row + eps)
//   GradWhitening:  W0 = (Gt Gt^T)^(-1/2) Gt, the nearest orthogonal matrix
//   rescale:        dW = W0 |Gt| / |W0|  (Frobenius), otherwise W0
//   w <- (1 - lr weight_decay) w - lr dW
//
// Whitening is exact (U V^T of the singular value decomposition over singular values > 1e-6 S_max: GradNorm makes rows sum to 0, so a square matrix
// is singular) or a Newton-Schulz iteration, on the transpose when m > n:
//   A = X X^T, c = |A| + eps, Y = A / c, Z = I;   repeat K = beta (3 I - Z Y), (Y, Z) <- (Y K, K Z);   W0 = Z X / sqrt(c)
// which converges for beta = 1/2. (0.8, quoted by a community version, oscillates; the rescaling hides it.) Vectors take sqrt(numel) g / |g|. No state.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct SWANOptions {
  double lr = 1e-2;
  std::string method = "newton_schulz";  ///< or "exact"
  int64_t ns_steps = 10;
  double beta = 0.5;
  bool rescale = true;
  double eps = 1e-8;
  double weight_decay = 0;
  void visit(Visitor& v);
};

class SWAN : public PerParameter<SWAN, SWANOptions> {
 public:
  static constexpr std::string_view type = "SWAN";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, NoState&, const SWANOptions& o);
  static void check_options(const SWANOptions& o);
};

/// GradNorm of a matrix.
Tensor grad_norm(const Tensor& g, double eps = 1e-8);
/// GradWhitening of a matrix, without rescaling. Throws ConfigError for an unknown method.
Tensor grad_whitening(const Tensor& g, std::string_view method = "newton_schulz", int64_t ns_steps = 10, double beta = 0.5, double eps = 1e-8);

extern template class Method<SWAN, SWANOptions>;

}  // namespace tare::optim
