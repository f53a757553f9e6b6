// Free-form injective flows (Sorrenson, Draxler, Rousselot, Hummerich, Zimmermann, Koethe, Lifting Architectural Constraints of Injective Flows, 2023,
// arXiv:2306.01843): any encoder f: R^D -> R^d and decoder g: R^d -> R^D, d <= D, trained by reconstruction and maximum likelihood on the manifold.
//
//     L = beta |x - g(z)|^2 - log N(z; 0, I) - (1/K) sum over k of v_k^T f'(x) [g'(z) v_k],    z = f(x)
//
// The volume term's gradient is tr((d f') f'^+), f'^+ the pseudo-inverse; for a good pair g' = f'^+, and random directions v with E[v v^T] = I turn the trace
// into one product with each Jacobian: v^T f' is tracked (and differentiated again), g' v is a constant. So the last term is a surrogate: its gradient is
// that of -log |det|, its value is about d whatever the volume; L is no likelihood (see injective_log_prob). f' is taken at the data x; at g(z) instead
// ("on_manifold") ever stronger curvature is rewarded and training can diverge, which is the paper's second message. Batch normalization inside f breaks
// the Jacobians of single samples.
#pragma once

#include "autograd/transforms.h"
#include "nn/layer.h"
#include "nn/sequential.h"

namespace tare::nn {

struct InjectiveFlow {
  Tensor loss, squared_error, surrogate;  ///< of each sample: (B)
};
/// x (B, D), v (B, d, K). Each row of what encoder (B, D) -> (B, d) and decoder (B, d) -> (B, D) give must depend on the same row of their input alone.
InjectiveFlow injective_flow_loss(const TensorFunction& encoder, const TensorFunction& decoder, const Tensor& x, const Tensor& v, double beta, bool on_manifold = false);
/// (batch, latent, count), the columns of each sample orthogonal and of norm sqrt(latent): Q of a normal matrix times sqrt(latent). count <= latent.
Tensor hutchinson_directions(int64_t batch, int64_t latent, int64_t count, DType dtype);
/// log p of the reconstructions g(f(x)) on the decoder's manifold, exactly: log N(z; 0, I) - log det(g'(z)^T g'(z)) / 2, (B). Costs d products with g'.
Tensor injective_log_prob(const TensorFunction& encoder, const TensorFunction& decoder, const Tensor& x);

enum class InjectiveActivation { tanh, silu };

struct InjectiveFlowLossOptions {
  int64_t data_dim = 0;            ///< D
  int64_t latent_dim = 0;          ///< d, at most D
  int64_t hidden = 64;
  InjectiveActivation activation = InjectiveActivation::tanh;
  double beta = 10;                ///< weight of the squared error, at least 0
  int64_t hutchinson_samples = 1;  ///< K, at most d
  void visit(Visitor& v);
};

/// x (B, data_dim) and, to name them, v (B, latent_dim, K), else drawn -> [loss, squared error, surrogate], each (B). encoder and decoder: Linear,
/// activation, Linear.
class InjectiveFlowLoss : public Layer<InjectiveFlowLoss> {
 public:
  static constexpr std::string_view type = "InjectiveFlowLoss";
  using Options = InjectiveFlowLossOptions;
  explicit InjectiveFlowLoss(Options options);
  Tensors forward(const Tensor& x, const Tensor& v);
  void visit(Visitor& v) override;

  Options options;
  Sequential encoder, decoder;
};

extern template class Layer<InjectiveFlowLoss>;

}  // namespace tare::nn
