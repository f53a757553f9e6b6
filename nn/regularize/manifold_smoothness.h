// Learning Globally Smooth Functions on Manifolds (Cervino et al., 2022, arXiv:2210.00301)
//
// A function that fits the labels and whose LARGEST gradient along the data manifold is as small as possible: the dual problem is Laplacian
// regularization with one weight lambda_i a point, raised where the function is steep. On points x_i with values f_i, w_ij = exp(-||x_i - x_j||^2 / 4t), w_ii = 0:
//
//     q_i = sum_j w_ij ||f_i - f_j||^2 / (2 t sum_j w_ij)          about the squared gradient at x_i; 0 for a point without neighbours
//     loss = mu * labelled loss + weight * mean_i(lambda_i q_i)
//     after a step:  mu <- max(0, mu + mu_lr (labelled loss - epsilon))
//                    lambda <- projection on {lambda >= 0, sum = N} of lambda + lambda_lr (q - mean q) / mean q
//
// lambda fixed at 1 (adaptive false) is classical manifold regularization (Belkin and Niyogi). No gradient through w, lambda or mu.
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

struct ManifoldSmoothnessOptions {
  double t = 0.01;          ///< width of the heat kernel, greater than 0
  double epsilon = 0.01;    ///< labelled loss that is good enough
  double weight = 0.3;
  double mu_lr = 0.5, lambda_lr = 0.1;
  bool adaptive = true;
  int64_t points = 0;       ///< number of points; filled in by the first call
  void visit(Visitor& v);
};
class ManifoldSmoothness : public Regularize<ManifoldSmoothness, Feed::pass> {
 public:
  static constexpr std::string_view type = "ManifoldSmoothness";
  using Options = ManifoldSmoothnessOptions;
  explicit ManifoldSmoothness(Options options = {});
  /// f (N, o) the values at x (N, d): weight * mean(lambda q). The same N points at every call.
  Tensor forward(const Tensor& f, const Tensor& x);
  /// One step of the dual variables from the values f and the labelled loss of the present model.
  void update(const Tensor& f, const Tensor& x, double labelled_loss);
  void visit(Visitor& v) override;

  Options options;
  Buffer lambda, mu;  ///< lambda (N) starts at 1, mu [] at 1

 private:
  void start(const Tensor& f);
};

/// (N, N) with zeros on the diagonal.
Tensor heat_kernel_weights(const Tensor& x, double t);
/// q (N); gradient by f (N, o) only.
Tensor manifold_gradient_norm(const Tensor& f, const Tensor& x, double t);
Tensor weighted_manifold_penalty(const Tensor& f, const Tensor& lambda, const Tensor& x, double t);
/// The nearest point to v (N) of {lambda >= 0, sum lambda = total}. Off the tape.
Tensor project_simplex(const Tensor& v, double total);

extern template class Layer<ManifoldSmoothness>;

}  // namespace tare::nn
