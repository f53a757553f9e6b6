// SimFlow (Zhao et al., SimFlow: Simplified and End-to-End Training of Latent Normalizing Flows, 2025, arXiv:2512.04084): an autoencoder whose encoder has a
// fixed deviation, trained together with a flow that is its prior.
//
//     z = E(x) + sigma eps,   loss = recon + nll_weight nll,   nll = -mean(log N(f(z); 0, I) + log |det f|) / d
//     recon = the mean over batch and coordinates of (x - D(z))^2, or of |x - D(z)|
//
// The entropy of q(z | x) is a constant and left out; without it, or with hardly any noise, nll could be driven to minus infinity by shrinking the latents.
// Nothing is detached: nll reaches the encoder. There is no KL to N(0, I), the flow is the prior. sigma is a deviation, not a variance. Weights and the
// reconstruction term are ours; the paper adds perceptual and adversarial ones.
#pragma once

#include "nn/flow/affine_coupling.h"
#include "nn/sequential.h"

namespace tare::nn {

enum class Reconstruction { mse, l1 };

struct SimFlowOptions {
  int64_t data_dim = 0;
  int64_t latent_dim = 0;     ///< d, at least 2
  int64_t hidden = 64;
  int64_t blocks = 4;         ///< of the flow
  double sigma = 0.5;         ///< at least 0
  double nll_weight = 0.02;   ///< for data in [0, 1]
  Reconstruction recon = Reconstruction::mse;
  void visit(Visitor& v);
};

/// x (B, data_dim) and, to name it, eps (B, latent_dim), else drawn -> [loss, recon, nll], three numbers. encoder and decoder: Linear, tanh, Linear, which
/// may be exchanged; flow an AffineCouplingStack.
class SimFlow : public Layer<SimFlow> {
 public:
  static constexpr std::string_view type = "SimFlow";
  using Options = SimFlowOptions;
  explicit SimFlow(Options options);
  Tensors forward(const Tensor& x, const Tensor& eps);
  /// The mean of q(z | x), which is what to reconstruct from.
  Tensor encode(const Tensor& x) { return encoder(x); }
  Tensor decode(const Tensor& z) { return decoder(z); }
  /// n samples (n, data_dim): no denoising. No gradient.
  Tensor sample(int64_t n);
  void visit(Visitor& v) override;

  Options options;
  Sequential encoder, decoder;
  AffineCouplingStack flow;
};

extern template class Layer<SimFlow>;

}  // namespace tare::nn
