// NanoFlow (Lee, Kim, Yoon, NanoFlow: Scalable Normalizing Flows with Sublinear Parameter Complexity, 2020, arXiv:2006.06280).
//
// K steps of affine coupling that share one network; each step has parts of its own that cost little. Step k on z = [a | c], a the first floor(d / 2)
// coordinates:
//
//     inp = [a | e_k];   for each layer l:  inp = relu((W_l inp + b_l) * exp(delta_{k,l}));   [shift | raw] = P_k inp + q_k
//     s = sigmoid(raw + 2),   c' = (c + shift) s,   z = [a | c'] with its coordinates reversed;   log |det| = sum of log s over all steps
//
// e_k is the step's embedding, delta_k its gate, applied before the rectifier and after the bias. Variants: "separate" the baseline, a network a step;
// "naive" one network and one projection for all; "decomposed" one network, a projection P_k, q_k a step; "full" that with embeddings and gates. The
// gradient of what is shared is the sum over the steps. Ours is the paper's image model in vectors: linear layers for convolutions, a reversal for actnorm
// and 1 x 1 convolution. WaveFlow's gates start from 1 and multiply without the exponential.
#pragma once

#include "nn/flow/flow.h"
#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

enum class NanoVariant { separate, naive, decomposed, full };

struct NanoFlowOptions {
  NanoVariant variant = NanoVariant::full;
  int64_t dim = 0;         ///< at least 2
  int64_t flows = 1;       ///< K
  int64_t layers = 2;      ///< of each network
  int64_t hidden = 64;     ///< width of each layer
  int64_t embed_dim = 16;  ///< length of e_k; of "full" alone
  void visit(Visitor& v);
};

/// x (B, dim) -> [z, log_det (B)]. estimator.{l}.* (or estimator.{k}.{l}.*) from He's normal distribution with biases 0, proj.{k}.* (or proj.*) from 0,
/// embedding.{k} (embed_dim) from N(0, 1), gate.{k} (layers, hidden) from 0.
class NanoFlow : public Layer<NanoFlow> {
 public:
  static constexpr std::string_view type = "NanoFlow";
  using Options = NanoFlowOptions;
  explicit NanoFlow(Options options);
  Tensors forward(const Tensor& x);
  /// The x that forward maps to z.
  Tensor inverse(const Tensor& z);
  void visit(Visitor& v) override;

  Options options;
  std::vector<std::vector<Linear>> estimators;  ///< one, or one a step
  std::vector<Linear> projections;
  std::vector<Parameter> embeddings, gates;

 private:
  /// Shift and log s of step k.
  std::pair<Tensor, Tensor> coefficients(size_t k, const Tensor& a);
};

extern template class Layer<NanoFlow>;

}  // namespace tare::nn
