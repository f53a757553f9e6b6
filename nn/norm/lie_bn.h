// A Lie Group Approach to Riemannian Batch Normalization (Chen et al., 2024, arXiv:2403.11261): batch normalization of symmetric positive definite matrices.
//
//   D = def(X), W = def(weight):   centre D by the mean M;  scale by s = shift / sqrt(var + 1e-5);  translate by W;  y = def^-1
//
//   LEM   def = log.  M = mean D;  C = D - M;  s C;  + W;  |C|^2 = alpha ||C||_F^2 + beta trace(C)^2.  power plays no part
//   LCM   L L^T = X^power, def = L below the diagonal, log L on it.  M, C, s C, + W as above;  |C|^2 = ||C||_F^2 / power^2
//   AIM   def = X^power.  M by Karcher's flow: from the mean of D, karcher_steps times M <- M^1/2 exp(T) M^1/2 with T = mean log(M^-1/2 D M^-1/2), stopping
//         at ||T||_F <= 0.1;  M = L L^T, C = L^-1 D L^-T;  C^s;  W = K K^T, K C K^T;  |C|^2 = (alpha ||log C||_F^2 + beta (log det C)^2) / power^2
//
// var is the mean of |C|^2 over the batch. M and var are detached, so that the gradient in training is approximate (exact in evaluation). Training moves
// running_mean along the geodesic to M by `momentum` (LEM, LCM: on a line; AIM: R^1/2 (R^-1/2 M R^-1/2)^momentum R^1/2) and averages running_var;
// evaluation uses them. running_mean lives among the D: it starts at the group's identity, the zero matrix for LEM and LCM (the authors start at I there, which
// is not the identity) and I for AIM. weight is a point of the SPD manifold, to be moved by an optimizer that keeps it there. Gradients of X and weight are the
// symmetric ones. The authors' logarithm counts eigenvalues below 1e-7 as 1e-7; here one that is not positive is a LinAlgError.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct LieBNSPDOptions {
  int64_t n = 0;             ///< size of the matrices, at least 1
  enum class Metric { AIM, LEM, LCM } metric = Metric::AIM;  ///< affine-invariant, log-Euclidean, log-Cholesky
  double power = 1;          ///< the deformation theta, not 0
  double alpha = 1;          ///< positive
  double beta = 0;           ///< above -alpha / n
  double momentum = 0.1;     ///< weight of the new value in the running statistics
  int64_t karcher_steps = 1;
  void visit(Visitor& v);
};

/// X (B, n, n) -> the same shape. weight (n, n) starts at I (manifold "spd"), shift (1) at 1; buffers running_mean (n, n), running_var (1), of 1.
class LieBNSPD : public Layer<LieBNSPD> {
 public:
  static constexpr std::string_view type = "LieBNSPD";
  using Options = LieBNSPDOptions;
  explicit LieBNSPD(Options options);
  explicit LieBNSPD(int64_t n);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, shift;
  Buffer running_mean, running_var;

 private:
  Tensor deform(const Tensor& x) const;
  Tensor restore(const Tensor& d) const;
  Tensor mean_of(const Tensor& d) const;
  Tensor centre(const Tensor& d, const Tensor& m) const;
  Tensor variance_of(const Tensor& c) const;
  void average(const Tensor& m, const Tensor& variance);
};

extern template class Layer<LieBNSPD>;

}  // namespace tare::nn
